"""Standard TFLite metadata: what other programs read inside a model, with the labels and the card as files.

The form is TFLite's metadata schema: a flatbuffer named TFLITE_METADATA inside the model, and the files it names in a
zip appended to it. Interpreters ignore both.
"""

import io
import json
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any
from zipfile import ZipFile, ZipInfo

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as tflite

from converter.tflite_file import METADATA, packed
from edge.core.errors import BadConfiguration
from edge.core.face.preprocess import CROP_PX
from edge.vision.card import Card, InputKind, OutputForm, OutputKind

LABELS, CARD = "labels.txt", "card.json"

_PARSER = "1.0.0"  # all fields used here exist since the schema's first version
_LICENCE = "Apache-2.0"


def with_metadata(content: bytes, card: Card) -> bytes:
    """Adds the metadata to a converted network.

    Two calls that differ in the card's evidence alone give files that differ in the zip alone.

    Args:
        content: The TFLite file as the converter wrote it.
        card: Its card. The copy inside lacks the SHA-256 and the size of the file that it is part of.

    Returns:
        The file with metadata.
    """
    model = tflite.ModelT.InitFromPackedBuf(content, 0)
    buffers = model.buffers or []
    held = tflite.BufferT()
    held.data = np.frombuffer(_metadata(card), np.uint8)
    field = tflite.MetadataT()
    field.name, field.buffer = METADATA, len(buffers)
    model.buffers, model.metadata = [*buffers, held], [*(model.metadata or []), field]
    whole = io.BytesIO(packed(model))
    inside = card.model_dump(mode="json", exclude={"sha256", "size_bytes"})
    with ZipFile(whole, "a") as archive:  # stored as they are: readers on devices do not inflate
        archive.writestr(ZipInfo(LABELS), "\n".join(card.labels) + "\n")
        archive.writestr(ZipInfo(CARD), json.dumps(inside, indent=2) + "\n")
    return whole.getvalue()


def _metadata(card: Card) -> bytes:
    schema = _schema()
    about = schema.ModelMetadataT()
    about.name, about.version, about.license = card.name, card.version, _LICENCE
    about.description = (
        f"How a face looks to people who labelled photographs ({', '.join(card.labels)}); not what a person feels. "
        f"Recipe, figures and limits are in {CARD}."
    )
    about.minParserVersion = _PARSER
    about.associatedFiles = [_file(schema, CARD, "The model card.", schema.AssociatedFileType.DESCRIPTIONS)]
    graph = schema.SubGraphMetadataT()
    graph.inputTensorMetadata, graph.outputTensorMetadata = [_input(schema, card)], [_output(schema, card)]
    about.subgraphMetadata = [graph]
    builder = flatbuffers.Builder(1024)
    builder.Finish(about.Pack(builder), file_identifier=b"M001")
    return bytes(builder.Output())


def _input(schema: ModuleType, card: Card) -> Any:
    """A grey picture for a crop; anything else is a tensor of features, of which readers show the shape alone."""
    if card.input.kind is InputKind.CROP:
        return _picture(schema, card)
    features = schema.TensorMetadataT()
    features.name, features.description = str(card.input.kind), f"Real values of shape {card.input.shape[1:]}."
    features.content = _features(schema)
    return features


def _picture(schema: ModuleType, card: Card) -> Any:
    """A grey face, real value = (pixel - mean) / std for pixels of 0..255."""
    spec = card.input.spec
    black, white, size_px = spec.black, spec.white, spec.size_px
    std = 255 / (white - black)
    face = schema.TensorMetadataT()
    face.name = "face"
    face.description = (
        f"An upright face, cropped square with a margin to {CROP_PX}x{CROP_PX} grey pixels"
        f"{f', then resized to {size_px}x{size_px} bilinearly' * (size_px != CROP_PX)}."
    )
    face.content = schema.ContentT()
    face.content.contentPropertiesType = schema.ContentProperties.ImageProperties
    face.content.contentProperties = picture = schema.ImagePropertiesT()
    picture.colorSpace = schema.ColorSpaceType.GRAYSCALE
    picture.defaultSize = schema.ImageSizeT()
    picture.defaultSize.width = picture.defaultSize.height = size_px
    normalised = schema.ProcessUnitT()
    normalised.optionsType = schema.ProcessUnitOptions.NormalizationOptions
    normalised.options = options = schema.NormalizationOptionsT()
    options.mean, options.std = [-black * std], [std]
    face.processUnits = [normalised]
    face.stats = _range(schema, black, white)
    return face


def _output(schema: ModuleType, card: Card) -> Any:
    """A probability or a logit a label, in the order of the file of labels; or a score."""
    output = schema.TensorMetadataT()
    output.content = _features(schema)
    if card.output.kind is OutputKind.SCORE:
        output.name, output.description = "score", "A standardised score."
        return output
    one = "logit" if card.output.form is OutputForm.LOGITS else "probability"
    output.name, output.description = one, f"One {one} a label, in the order of the labels' file."
    if card.output.form is OutputForm.PROBABILITIES:
        output.stats = _range(schema, 0.0, 1.0)
    output.associatedFiles = [
        _file(schema, LABELS, f"The {len(card.labels)} labels.", schema.AssociatedFileType.TENSOR_AXIS_LABELS)
    ]
    return output


def _features(schema: ModuleType) -> Any:
    content = schema.ContentT()
    content.contentPropertiesType = schema.ContentProperties.FeatureProperties
    content.contentProperties = schema.FeaturePropertiesT()
    return content


def _range(schema: ModuleType, least: float, most: float) -> Any:
    stats = schema.StatsT()
    stats.min, stats.max = [least], [most]
    return stats


def _file(schema: ModuleType, name: str, description: str, kind: int) -> Any:
    file = schema.AssociatedFileT()
    file.name, file.description, file.type = name, description, kind
    return file


def _schema() -> ModuleType:
    """MediaPipe's classes for the schema, loaded by path: importing its packages would import all of MediaPipe."""
    package = find_spec("mediapipe")
    for folder in (package and package.submodule_search_locations) or ():
        path = Path(folder) / "tasks" / "metadata" / "metadata_schema_py_generated.py"
        found = spec_from_file_location("tflite_metadata_schema", path)
        if path.is_file() and found is not None and found.loader is not None:
            schema = module_from_spec(found)
            found.loader.exec_module(schema)
            return schema
    raise BadConfiguration("MediaPipe is not installed.", fix="Install edge-expressiveness again.")
