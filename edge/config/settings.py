"""Every setting of a run, declared once: its key, flag, default, check and help."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from edge.config.declaration import Group, setting
from edge.config.values import Label, Seconds, Share, as_list, as_utc, number_as_text
from edge.core.choices.camera_mode import CameraFormat
from edge.core.choices.purpose import Purpose
from edge.core.choices.retention_clock import RetentionClock
from edge.core.choices.second_consent import SecondConsent
from edge.core.errors import BadConfiguration
from edge.core.observing.quality import QualityLimits
from edge.core.sessions import StudyLabels
from edge.vision.detection.model import DetectorModel, DetectorRuntime
from edge.vision.interpreters import Backend

_LIMITS: Final = QualityLimits()


class Config(BaseModel):
    """Everything that decides a run. Each field is a key of `edge.toml` and a flag of `edge-run`."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=False)

    camera: Annotated[str, BeforeValidator(number_as_text)] | None = setting(
        Group.SOURCE, None, "A camera: its number, its device, or pi.", "0|pi"
    )
    source: str | None = setting(
        Group.SOURCE, None, "A video, a folder of pictures, an RTSP or HTTP stream, or demo.", "PATH|URL|demo"
    )
    camera_size: Annotated[str, Field(pattern=r"^\d{2,5}x\d{2,5}$")] | None = setting(
        Group.SOURCE, None, "Size of the camera's pictures, such as 1280x720.", "WxH"
    )
    camera_fps: float | None = setting(
        Group.SOURCE, None, "Frames that a USB camera takes in a second.", "N", gt=0, le=1000
    )
    camera_format: CameraFormat | None = setting(
        Group.SOURCE, None, "How a USB camera sends pictures: MJPG for large ones, YUYV to save decoding."
    )
    start: Seconds | None = setting(Group.SOURCE, None, "Begin at this time of a recording: 90, 10m or 1:30.", "S")
    duration: Seconds | None = setting(Group.SOURCE, None, "End after this time: 90, 10m or 1:30.", "S")
    max_fps: float | None = setting(
        Group.SOURCE,
        None,
        "Most frames read in a second; of a recording, in a second of its time.",
        "N",
        gt=0,
        le=1000,
    )

    recorded_at: Annotated[datetime, BeforeValidator(as_utc)] | None = setting(
        Group.SOURCE, None, "When a recording began, UTC; by default as its file says, or unknown.", "DATE"
    )

    session: str | None = setting(Group.SESSION, None, "Name of the session; by default its start in UTC.", "ID")
    participant: Label | None = setting(
        Group.SESSION, None, "Whom the session is about: a code of the study, better than a name.", "CODE"
    )
    question: Label | None = setting(Group.SESSION, None, "The question or task that the session is about.", "TEXT")
    window: Seconds = setting(Group.SESSION, 10.0, "Time that one summary covers: 10, 5m or 1:30.", "S")
    baseline: Annotated[Seconds, Field(le=600)] | None = setting(
        Group.SESSION, None, "First readable time whose medians later summaries are compared with, as 30.", "S"
    )
    purpose: Purpose = setting(
        Group.SESSION, Purpose.PRACTICE, "Why people are watched; for assessment no emotions are computed."
    )
    segments: Path | None = setting(
        Group.SESSION, None, "Segments of a recording, each with a summary: a CSV of start, end and name.", "FILE"
    )
    insights: bool = setting(
        Group.SESSION,
        False,
        "Count reactions too, and with mesh attention, blinks and smiles; not for assessment. See docs/insights.md.",
    )
    require_consent: bool = setting(
        Group.SESSION, False, "Open no camera before a consent was recorded; see edge-consent."
    )
    notices: Path | None = setting(
        Group.SESSION, None, "Folder of the notices people agree to; by default the shipped one.", "DIR"
    )
    absence_ends_s: Seconds = setting(
        Group.SESSION,
        120.0,
        "With require_consent: no face for so long ends the session, and consent is asked anew.",
        "S",
    )
    second_consent: SecondConsent = setting(
        Group.SESSION, SecondConsent.REFUSE, "A consent that is given while another one holds."
    )
    figures_to: Path | None = setting(
        Group.SESSION, None, "Unix socket to which the present level is sent, for edge-screen; no emotions.", "SOCKET"
    )

    journal: Path | None = setting(
        Group.KEEPING, None, "SQLite file of the summaries; by default ~/.local/state/edge/journal.sqlite.", "FILE"
    )
    jsonl: str | None = setting(Group.KEEPING, None, "Summaries as JSON lines too; - is standard output.", "FILE|-")
    retention_days: float | None = setting(
        Group.KEEPING, None, "Days after which summaries are deleted; by default never.", "DAYS", gt=0, le=36_500
    )
    retention_clock: RetentionClock = setting(
        Group.KEEPING,
        RetentionClock.UTC,
        "While the clock is not synchronised: utc deletes nothing, uptime counts the time that the machine runs.",
    )
    booth: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")] | None = setting(
        Group.KEEPING, None, "Name of this booth, kept in its journal; edge-fleet counts by it.", "ID"
    )
    seal_to: Annotated[tuple[str, ...], BeforeValidator(as_list), Field(min_length=1)] | None = setting(
        Group.KEEPING, None, "Who alone can read the summaries: a recipient, a file or a credential.", "age1...|FILE"
    )
    frames: Path | None = setting(
        Group.KEEPING, None, "For research: a table of every frame's figures, FILE.csv or FILE.parquet.", "FILE"
    )
    dialect: Literal["edge", "pyfeat"] = setting(
        Group.KEEPING, "edge", "Column names of frames: of this program, or of py-feat.", "edge|pyfeat"
    )
    save_crops: Path | None = setting(
        Group.KEEPING, None, "For developers: WRITE PICTURES of every face that is read.", "DIR"
    )

    detector: DetectorModel = setting(
        Group.READING,
        DetectorModel.AUTO,
        "Look for faces near (2 m) or far (5 m); auto: far where near finds none.",
    )
    detect_every: int = setting(
        Group.READING,
        1,
        "2 detects faces in every second frame while they hardly move, and carries them on in between.",
        "1|2",
        ge=1,
        le=2,
    )
    face_confidence: Share = setting(
        Group.READING,
        0.6,
        "Least confidence in a new face; one that is followed may have 0.1 less.",
        "SHARE",
    )
    smoothing: float = setting(Group.READING, 0.4, "Seconds over which readings are smoothed.", "S", ge=0, le=60)
    sure_from: Share = setting(Group.READING, 0.35, "A level less probable than this is not_sure.", "SHARE")
    smallest_face: float = setting(Group.READING, _LIMITS.smallest_px, "Side of the smallest face.", "PX", ge=0)
    darkest_face: float = setting(
        Group.READING, _LIMITS.darkest, "Mean grey value of the darkest face.", "0-255", ge=0, le=255
    )
    sharpness: float = setting(
        Group.READING, _LIMITS.sharpness, "Least share of detail in a face; a sharp one has 0.3 to 1.5.", "SHARE", ge=0
    )
    most_turned: float = setting(
        Group.READING, _LIMITS.turned, "How far a face may look aside, in distances between the eyes.", "N", ge=0
    )
    mesh: bool = setting(
        Group.READING, False, "Measure the head's angles, eyes and mouth, too, for Python programs and most_turned_deg."
    )
    most_turned_deg: float = setting(
        Group.READING,
        _LIMITS.turned_deg,
        "With mesh, in place of most_turned: how far a head may face aside.",
        "DEG",
        ge=0,
        le=180,
    )

    models: Path | None = setting(
        Group.MODELS, None, "Folder of models; what it lacks is taken from those shipped.", "DIR"
    )
    emotion_model: str | None = setting(
        Group.MODELS,
        None,
        "Card of the emotion network; by default emotion-both, or emotion where there is none.",
        "NAME",
    )
    flip: bool = setting(Group.MODELS, False, "Read emotions from the face and its mirror image, for more time.")
    backend: Backend = setting(Group.MODELS, Backend.AUTO, "Interpreter of the models.")
    detector_runtime: DetectorRuntime = setting(
        Group.MODELS,
        DetectorRuntime.AUTO,
        "What runs the face detector: litert, as auto does, or the package mediapipe where it is installed.",
    )
    threads: int = setting(Group.MODELS, 1, "Threads of each interpreter.", "N", ge=1, le=16)

    preview: bool = setting(Group.RUNNING, False, "Show the picture in a window; q ends, m marks. Needs python3-tk.")
    preview_booth: bool = setting(
        Group.RUNNING, False, "Show it as a booth does: mirrored, on the whole screen, with large words and hints."
    )
    quiet: bool = setting(Group.RUNNING, False, "No live line and no closing message.")
    service: bool = setting(Group.RUNNING, False, "Wait for a camera that is not there, for as long as it takes.")
    log_level: Literal["debug", "info", "warning", "error"] = setting(
        Group.RUNNING, "warning", "Log debug, info, warning or error.", "LEVEL"
    )

    @field_validator("*", mode="before")
    @classmethod
    def _no_nul(cls, value: object) -> object:
        if isinstance(value, str) and "\0" in value:
            raise ValueError("holds a NUL character, which no path or name can have")
        return value

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.camera is not None and self.source is not None:
            raise ValueError("camera and source are both given; one of them is enough")
        return self

    @model_validator(mode="after")
    def _insights_allowed(self) -> Self:
        if self.insights and not self.purpose.reads_emotions:
            raise ValueError("insights are for practice and research; an assessment has none. Remove insights")
        if self.insights and self.require_consent and self.notices is None:
            raise ValueError("the shipped notice says nothing of insights. Give notices that do, or remove insights")
        return self

    def refuse_in_service(self) -> None:
        """Refuse settings that a service must not have.

        Files and streams are foreign bytes for large decoders: only an explicit command reads them.

        Raises:
            BadConfiguration: The source is neither a camera nor the demo, or a session is named although consents
                name the sessions.
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
        """Refuse to write pictures in a service, or of people whose notice says that no pictures are kept.

        Raises:
            BadConfiguration: `save_crops` is set there.
        """
        if self.save_crops is not None and (as_service or self.require_consent):
            run = "A service" if as_service else "A run that asks for consent"
            raise BadConfiguration(
                f"{run} keeps no pictures, and the configuration says save_crops.", fix="Remove save_crops."
            )

    def refuse_frames(self, *, as_service: bool) -> None:
        """Refuse a table of frames in a service, of people whose notice says that only summaries are kept, and sealed.

        Raises:
            BadConfiguration: `frames` is set there.
        """
        if self.frames is not None and (as_service or self.require_consent or self.seal_to):
            run = "A service" if as_service else "A run that asks for consent" if self.require_consent else "A seal"
            raise BadConfiguration(
                f"{run} allows no table of frames, and the configuration has one.", fix="Remove frames."
            )

    @property
    def labels(self) -> StudyLabels:
        """What the session is about in a study."""
        return StudyLabels(self.participant, self.question)

    @property
    def limits(self) -> QualityLimits:
        """Which faces are read."""
        return QualityLimits(
            self.smallest_face, self.darkest_face, self.sharpness, self.most_turned, self.most_turned_deg
        )


def named_settings(*groups: Group) -> tuple[str, ...]:
    """Return the names of the settings in some groups."""
    extras = {name: field.json_schema_extra for name, field in Config.model_fields.items()}
    return tuple(name for name, extra in extras.items() if isinstance(extra, dict) and extra["group"] in groups)
