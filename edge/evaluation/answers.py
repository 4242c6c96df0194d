"""The answer of a network to one picture, by the path that a run takes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from edge.config import Config
from edge.core.errors import BadModel
from edge.core.face.detection import largest
from edge.core.face.landmarks import landmark_features
from edge.core.face.preprocess import crop_of
from edge.core.labels import EMOTIONS, LEVELS, level_of
from edge.core.observing.quality import readable_crop
from edge.core.readings import Reading, Unreadable
from edge.evaluation.labelled import LabelledImage
from edge.run.assemble import chosen_detector
from edge.run.observe import read_picture
from edge.vision.card import Card, InputKind, OutputKind, load_model, shipped_models
from edge.vision.detection.base import FaceDetector
from edge.vision.expression import ExpressionReader
from edge.vision.mesh.crop import mesh_of_crop
from edge.vision.mesh.follow import FaceMesh
from edge.vision.mesh.network import MeshNetwork
from edge.vision.readers import Reader, reader_of


class PictureKind(StrEnum):
    """What the pictures show."""

    CROPPED = "cropped"  # a face and nothing else: every picture is answered
    DETECT = "detect"  # a scene: the face is found, judged and cropped as in a run


@dataclass(frozen=True, slots=True)
class Answer:
    """What a network answered about one picture."""

    label: int  # an index into the card's labels; into LEVELS where the network gives a score
    confidence: float | None  # the probability of the label, 0..1; None where there is none
    score: float | None = None  # standardised expressiveness, where there is one


AnswerOf = Callable[[LabelledImage], Answer | Unreadable]


@contextmanager
def opened(card: Card, config: Config, kind: PictureKind) -> Iterator[AnswerOf]:
    """Load a network and lend the function that reads one picture with it.

    A network over landmarks reads the mesh; a picture in which there is none is `not_sure`. The emotion and
    expressiveness networks are read as in a run, both together. Any other network over a crop is read
    on its own: a face that a run would judge unreadable has no answer, and `sure_from` plays no part.

    Args:
        card: The card of a network in the folder of models.
        config: The settings of a run: models, backend, threads, detector, quality limits.
        kind: What the pictures show.

    Raises:
        BadModel: A network is missing, is not what its card says, or reads something else than a crop.
    """
    folder = config.models or shipped_models()
    levels = tuple(level.value for level in LEVELS)
    with chosen_detector(config) as find_faces:
        if card.input.kind is InputKind.LANDMARKS:
            reader = reader_of(load_model(folder, card.name, card.labels), config.backend, config.threads)
            yield partial(_by_landmarks, config, kind, find_faces, reader, MeshNetwork(config.backend, config.threads))
        elif card.labels in (EMOTIONS, levels):
            names = (card.name,) if card.labels == EMOTIONS else (None, card.name)
            read_face = ExpressionReader(folder, config.backend, config.threads, *names, flip=config.flip)
            yield partial(_as_in_a_run, card, config, kind, find_faces, read_face)
        else:
            if card.input.kind is not InputKind.CROP:
                raise BadModel(
                    f"{card.name} has the input {card.input.kind}, not a crop of a picture.",
                    fix="Evaluate another model.",
                )
            reader = reader_of(load_model(folder, card.name, card.labels), config.backend, config.threads)
            yield partial(_on_its_own, config, kind, find_faces, reader)


def _by_landmarks(
    config: Config,
    kind: PictureKind,
    find_faces: FaceDetector,
    reader: Reader,
    network: MeshNetwork,
    image: LabelledImage,
) -> Answer | Unreadable:
    if kind is PictureKind.CROPPED:
        points = mesh_of_crop(network, crop_of(image.pixels))
    else:
        face = largest(find_faces(image.pixels))
        mesh = None if face is None else FaceMesh(network)(image.pixels, face)
        found = Unreadable.NO_FACE if face is None else readable_crop(image.pixels, face, config.limits)
        if isinstance(found, Unreadable):
            return found
        points = None if mesh is None else mesh.points
    if points is None:
        return Unreadable.NOT_SURE
    output = reader(landmark_features(points))
    return Answer(int(output.argmax()), float(output.max()))


def _as_in_a_run(
    card: Card,
    config: Config,
    kind: PictureKind,
    find_faces: FaceDetector,
    read_face: ExpressionReader,
    image: LabelledImage,
) -> Answer | Unreadable:
    if kind is PictureKind.CROPPED:
        reading: Reading | Unreadable = read_face(crop_of(image.pixels))
    else:
        reading = read_picture(image.pixels, find_faces, read_face, config.limits, config.sure_from)
    if isinstance(reading, Unreadable):
        return reading
    if card.labels != EMOTIONS:
        return Answer(LEVELS.index(reading.level), reading.confidence, reading.score)
    assert reading.emotion is not None
    assert reading.emotions is not None
    return Answer(EMOTIONS.index(reading.emotion), max(reading.emotions))


def _on_its_own(
    config: Config, kind: PictureKind, find_faces: FaceDetector, reader: Reader, image: LabelledImage
) -> Answer | Unreadable:
    if kind is PictureKind.CROPPED:
        crop = crop_of(image.pixels)
    else:
        face = largest(find_faces(image.pixels))
        found = Unreadable.NO_FACE if face is None else readable_crop(image.pixels, face, config.limits)
        if isinstance(found, Unreadable):
            return found
        crop = found
    output = reader(crop)
    if reader.card.output.kind is OutputKind.SCORE:
        return Answer(LEVELS.index(level_of(float(output[0]))), None, float(output[0]))
    return Answer(int(output.argmax()), float(output.max()))
