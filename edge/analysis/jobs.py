"""The jobs of an analysis: recordings, or segments of them, from files, folders, patterns and lists."""

import csv
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from glob import glob, has_magic
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

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
    def url(self) -> str | None:
        """Where the recording is, if not in a file of this machine."""
        return self.config.source if is_url(str(self.config.source)) else None

    @property
    def path(self) -> Path:
        """The recording; of a URL its path, to take a name from."""
        return Path(str(self.config.source) if self.url is None else urlsplit(self.url).path)

    @property
    def title(self) -> str:
        """A name for people."""
        return f"{self.recording} ({self.labels.segment})" if self.labels.segment else self.recording

    def decides(self, models: str) -> str:
        """Return all that decides the figures and the labels beside them, but for the recording's content.

        Args:
            models: The hash of the networks and of the program, as `models_hash` makes it.
        """
        settings = self.config.model_dump_json(exclude=_NOT_OF_THE_FIGURES)
        return "\0".join([models, settings, self.recording, str(self.labels)])

    def fingerprint(self, decides: str, read: Callable[[], None]) -> str:
        """Return a hash of what decides the figures, and of the recording's content.

        Args:
            decides: As `decides` returned it where the analysis was started.
            read: Called after each piece of the recording.

        Raises:
            SourceNotFound: The recording cannot be read.
        """
        sha256 = hashlib.sha256(decides.encode())
        for path in (self.path, self.config.segments):
            try:
                with path.open("rb") if path is not None else nullcontext(BytesIO()) as file:
                    while part := file.read(_READ_BYTES):
                        sha256.update(part)
                        read()
            except OSError as error:
                raise SourceNotFound(f"{path} cannot be read: {error.strerror}.", fix="Check its name.") from error
        return sha256.hexdigest()

    def session(self, fingerprint: str) -> str:
        """Return the name of its session: the file's, and the beginning of the fingerprint."""
        words = re.sub(r"[^A-Za-z0-9_-]+", "-", f"{self.path.stem}-{self.labels.segment or ''}").strip("-")
        return f"{words[:50]}-{fingerprint[:8]}".lstrip("-")


@dataclass(frozen=True, slots=True)
class Task:
    """A job, and what else a process needs for it."""

    job: Job
    decides: str  # as of `Job.decides`
    models: str  # the hash of the networks and of the program, as `models_hash` makes it
    done: frozenset[str] = frozenset()  # fingerprints of this recording's sessions that are in the journal
    frames: str | None = None  # where the table of its frames is written, with `{}` for the session's name
    fingerprint: str | None = None  # where it is known without reading the recording


def is_url(name: str) -> bool:
    """Return whether a recording is named by a URL, such as `http://store/day1.mp4` or `s3://bucket/day1.mp4`."""
    return "://" in name


def found_jobs(given: Sequence[str], config: Config) -> list[Job]:
    """Return the jobs that arguments name, in their order; in a folder in the order of their names.

    Args:
        given: Recordings, their URLs, folders that are searched, patterns such as `*.mp4`, and lists: CSV files with a
            column `path` (below the list's folder, or a URL) and perhaps `participant`, `question`, `segment`,
            `start`, `end`, `recorded_at`.
        config: The settings of all; a list's columns win over them.

    Raises:
        SourceNotFound: One of them names nothing, or a list cannot be read.
        UsageError: A list has another column, or a value that cannot be used.
    """
    return [job for name in given for job in _jobs_of(name, config)]


def _jobs_of(name: str, config: Config) -> Iterator[Job]:
    path = Path(name)
    if is_url(name):
        yield _job(name, Path(Path(urlsplit(name).path).name), config)
    elif path.is_dir():
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


def _job(path: Path | str, shown: Path, config: Config, segment: str | None = None) -> Job:
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
    if is_url(given["path"]):
        return _job(given["path"], Path(urlsplit(given["path"]).path.strip("/")), own, given.get("segment"))
    return _job(path.parent / given["path"], Path(given["path"]), own, given.get("segment"))
