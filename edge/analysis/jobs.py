"""The jobs of an analysis: recordings, or segments of them, from files, folders, patterns and lists."""

import csv
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from glob import glob, has_magic
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from edge.config import Config
from edge.core.errors import SourceNotFound, UsageError
from edge.core.sessions import StudyLabels
from edge.core.text import natural_key, valid_text

_SUFFIXES: Final = frozenset(
    (".3gp", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".ogv", ".vob", ".webm")
)
_LISTED: Final = ("path", "participant", "question", "segment", "start", "end", "recorded_at")
_READ_BYTES: Final = 2**20
_NOT_OF_THE_FIGURES: Final = {"journal", "log_level", "quiet", "preview", "source", "frames", "dialect", "threads"}


@dataclass(frozen=True, slots=True)
class Job:
    """One recording, or a segment of one, to be read with some settings."""

    recording: str  # its name in tables: the path below the folder that was given
    config: Config  # with the recording as its source
    labels: StudyLabels

    @property
    def path(self) -> Path:
        """The recording."""
        return Path(str(self.config.source))

    @property
    def title(self) -> str:
        """A name for people."""
        return f"{self.recording} ({self.labels.segment})" if self.labels.segment else self.recording

    def fingerprint(self, models: str) -> str:
        """Return a hash of everything that decides the figures and the labels beside them.

        Args:
            models: The hash of the networks and of the program, as `models_hash` makes it.

        Raises:
            SourceNotFound: The recording cannot be read.
        """
        settings = self.config.model_dump_json(exclude=_NOT_OF_THE_FIGURES)
        sha256 = hashlib.sha256("\0".join([models, settings, self.recording, str(self.labels)]).encode())
        for path in (self.path, self.config.segments):
            try:
                with path.open("rb") if path is not None else nullcontext(BytesIO()) as file:
                    while part := file.read(_READ_BYTES):
                        sha256.update(part)
            except OSError as error:
                raise SourceNotFound(f"{path} cannot be read: {error.strerror}.", fix="Check its name.") from error
        return sha256.hexdigest()

    def session(self, fingerprint: str) -> str:
        """Return the name of its session: the file's, and the beginning of the fingerprint."""
        words = re.sub(r"[^A-Za-z0-9_-]+", "-", f"{self.path.stem}-{self.labels.segment or ''}").strip("-")
        return f"{words[:50]}-{fingerprint[:8]}".lstrip("-")


def found_jobs(given: Sequence[str], config: Config) -> list[Job]:
    """Return the jobs that arguments name, in their order; in a folder in the order of their names.

    Args:
        given: Recordings, folders that are searched, patterns such as `*.mp4`, and lists: CSV files with a column
            `path` (below the list's folder) and perhaps `participant`, `question`, `segment`, `start`, `end`,
            `recorded_at`.
        config: The settings of all; a list's columns win over them.

    Raises:
        SourceNotFound: One of them names nothing, or a list cannot be read.
        UsageError: A list has another column, or a value that cannot be used.
    """
    return [job for name in given for job in _jobs_of(name, config)]


def _jobs_of(name: str, config: Config) -> Iterator[Job]:
    path = Path(name)
    if path.is_dir():
        files = [file for file in path.rglob("*") if file.suffix.lower() in _SUFFIXES and _visible(file, path)]
        if not files:
            raise SourceNotFound(f"{path} holds no recordings.", fix="Name a folder of videos.")
        for file in sorted(files, key=lambda file: natural_key(str(file).casefold())):
            yield _job(file, file.relative_to(path), config)
    elif path.suffix.lower() == ".csv":
        yield from _listed(path, config)
    elif not path.exists() and has_magic(name):
        files = [Path(file) for file in glob(name, recursive=True)]
        if not files:
            raise SourceNotFound(f"No file fits {name}.", fix="Check the pattern.")
        for file in sorted(files, key=lambda file: natural_key(str(file).casefold())):
            yield _job(file, Path(file.name), config)
    else:
        yield _job(path, Path(path.name), config)


def _visible(file: Path, folder: Path) -> bool:
    return file.is_file() and not any(part.startswith(".") for part in file.relative_to(folder).parts)


def _job(path: Path, shown: Path, config: Config, segment: str | None = None) -> Job:
    own = config.model_copy(update={"source": str(path), "camera": None})
    labels = StudyLabels(own.participant, own.question, segment)
    return Job(valid_text(shown.as_posix()), own, labels)


def _listed(path: Path, config: Config) -> Iterator[Job]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceNotFound(f"{path} is no list that can be read: {error}.", fix="Save it as CSV in UTF-8.") from error
    columns = [column for column in rows[0] if column is not None] if rows else []
    if "path" not in columns or (wrong := [each for each in columns if each not in _LISTED]):
        happened = f"no column {wrong[0]}" if "path" in columns else "not without a column path"
        raise UsageError(f"A list of recordings has {happened}: {path}.", fix=f"Columns are {', '.join(_LISTED)}.")
    for number, row in enumerate(rows, start=2):
        try:
            yield _of_row(path, row, config)
        except (ValidationError, ValueError) as error:
            told = error.errors(include_url=False)[0]["msg"] if isinstance(error, ValidationError) else str(error)
            raise UsageError(f"{path}, line {number}: {told}.", fix="Correct that line.") from None


def _of_row(path: Path, row: Mapping[str, str | None], config: Config) -> Job:
    given: dict[str, Any] = {name: text.strip() for name, text in row.items() if text and text.strip()}
    if "path" not in given:
        raise ValueError("no path")
    settings = config.model_dump() | {
        name: given[name] for name in ("participant", "question", "recorded_at", "start") if name in given
    }
    own = Config.model_validate(settings)
    if "end" in given:
        end_s = Config.model_validate({"duration": given["end"]}).duration or 0.0
        if end_s <= (own.start or 0.0):
            raise ValueError("the end is not after the start")
        own = own.model_copy(update={"duration": end_s - (own.start or 0.0)})
    return _job(path.parent / given["path"], Path(given["path"]), own, given.get("segment"))
