"""What a run is asked to do: a TOML file and the command line's flags, checked once, then frozen."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from edge.core.errors import BadConfiguration, UsageError
from edge.core.observing.quality import QualityLimits
from edge.core.purpose import Purpose
from edge.vision.classifier import Backend
from edge.vision.faces import DetectorModel

Seconds = Annotated[float, Field(gt=0, le=366 * 86_400)]
Share = Annotated[float, Field(ge=0, le=1)]


def _number_as_words(value: Any) -> Any:
    """`camera = 0` in TOML means what `--camera 0` means."""
    return str(value) if type(value) is int else value


def _words(value: Any) -> Any:
    """`seal_to = "age1..."` means a list of one."""
    return [value] if isinstance(value, str) else value


class Config(BaseModel):
    """Everything that decides a run. Each field is a key of `edge.toml`; those with a flag can be given as one."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=False)

    camera: Annotated[str, BeforeValidator(_number_as_words)] | None = Field(
        None, description="A camera: its number, its device, or `pi`."
    )
    source: str | None = Field(None, description="A video, a folder of pictures, a stream's URL, or `demo`.")
    duration: Seconds | None = Field(None, description="End after so many seconds.")
    window: Seconds = Field(10.0, description="Seconds that one summary covers.")
    session: str | None = Field(None, description="Name of the session; by default its start in UTC.")
    purpose: Purpose = Field(
        Purpose.PRACTICE, description="Why people are watched; for assessment, emotions are not computed."
    )
    require_consent: bool = Field(False, description="Open no camera before somebody agreed; see docs/consent.md.")
    notices: Path | None = Field(None, description="Folder of the notices people agree to; by default the shipped one.")
    journal: Path | None = Field(None, description="SQLite file of the summaries.")
    jsonl: str | None = Field(None, description="File for the summaries as JSON lines, or - for standard output.")
    retention_days: Annotated[float, Field(gt=0, le=36_500)] | None = Field(
        None, description="Days after which summaries are deleted; by default never."
    )
    seal_to: Annotated[tuple[str, ...], BeforeValidator(_words), Field(min_length=1)] | None = Field(
        None, description="Recipients (age1...), or files or credentials that hold them; nobody else reads summaries."
    )
    save_crops: Path | None = Field(None, description="For developers: a folder for pictures of every face read.")
    models: Path | None = Field(None, description="Folder of the models and their cards.")
    backend: Backend = Field(Backend.AUTO, description="Interpreter of the networks.")
    threads: Annotated[int, Field(ge=1, le=16)] = Field(1, description="Threads of each interpreter.")
    max_fps: Annotated[float, Field(gt=0, le=1000)] | None = Field(None, description="Most frames read in a second.")
    preview: bool = Field(False, description="Show the picture in a window.")
    quiet: bool = Field(False, description="No live line.")
    service: bool = Field(False, description="Wait for a camera that is not there, for as long as it takes.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("warning", description="What is logged.")

    detector: DetectorModel = Field(DetectorModel.NEAR, description="Face detector: near (2 m) or far (5 m).")
    face_confidence: Share = Field(0.6, description="A face found with less is nobody's.")
    smoothing: Annotated[float, Field(ge=0, le=60)] = Field(0.5, description="Time constant of smoothing, in seconds.")
    sure_from: Share = Field(0.35, description="A level less probable than this is `not_sure`.")
    smallest_face: float = Field(QualityLimits().smallest_px, ge=0, description="Side of the smallest face, in pixels.")
    darkest_face: float = Field(
        QualityLimits().darkest, ge=0, le=255, description="Mean grey value of the darkest face."
    )
    sharpness: float = Field(QualityLimits().sharpness, ge=0, description="Share of detail in the most blurred face.")
    most_turned: float = Field(QualityLimits().turned, ge=0, description="How far a face may look aside.")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.camera is not None and self.source is not None:
            raise ValueError("camera and source are both given; one of them is enough")
        return self

    def refuse_in_service(self) -> None:
        """Raise BadConfiguration where a service is to watch anything but a camera, or the demo for a trial.

        Files and streams are other people's bytes for large decoders: somebody asks for them, and then they are read.
        """
        if self.camera is None and self.source not in ("demo", "demo:fast"):
            named = "nothing" if self.source is None else "another source"
            raise BadConfiguration(
                f"A service watches a camera, and the configuration names {named}.",
                fix="Set camera, or source = 'demo' for a trial.",
            )
        if self.require_consent and self.session is not None:
            raise BadConfiguration(
                "A service that waits for consent takes its sessions' names from there, and the configuration has one.",
                fix="Remove session.",
            )

    def refuse_crops(self, *, as_service: bool) -> None:
        """Raise BadConfiguration where pictures are to be written by a service, or of people who are asked first.

        What people are asked says that no pictures are kept.
        """
        if self.save_crops is not None and (as_service or self.require_consent):
            whoever = "A service" if as_service else "A run that asks for consent"
            raise BadConfiguration(
                f"{whoever} keeps no pictures, and the configuration says save_crops.", fix="Remove save_crops."
            )

    @property
    def limits(self) -> QualityLimits:
        """Which faces are read."""
        return QualityLimits(self.smallest_face, self.darkest_face, self.sharpness, self.most_turned)


def load_config(file: Path | None, flags: Mapping[str, Any]) -> Config:
    """A Config from flags (None where not given), then the file, then the defaults.

    Raises BadConfiguration for a file that cannot be read or says something unusable, UsageError for such a flag.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    kept = {} if file is None else _read(file)
    if {"camera", "source"} & given.keys():
        kept = {name: value for name, value in kept.items() if name not in ("camera", "source")}
    if file is not None:
        try:
            Config.model_validate(kept)
        except ValidationError as error:
            raise BadConfiguration(f"{file}: {_first(error)}", fix="Correct that line.") from None
    try:
        return Config.model_validate({**kept, **given})
    except ValidationError as error:
        raise UsageError(_first(error), fix="See --help.") from None


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadConfiguration(f"{file} cannot be read: {error.strerror}.", fix="Check --config.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadConfiguration(f"{file} is no TOML: {error}.", fix="Correct that place.") from None


def _first(error: ValidationError) -> str:
    found = error.errors(include_url=False)[0]
    name = ".".join(map(str, found["loc"]))
    message = str(found["msg"]).removeprefix("Value error, ")
    return f"{name}: {message}." if name else f"{message[0].upper()}{message[1:]}."
