"""An analysis: many recordings into one journal and its tables; what was done before is not done again."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from threading import Event
from typing import Final

from edge.analysis.executor import Executor
from edge.analysis.jobs import Job, Task
from edge.analysis.models import models_hash
from edge.analysis.status import Status
from edge.analysis.worker import Outcome
from edge.config import Config
from edge.core.errors import BadConfiguration
from edge.core.labels import EMOTIONS
from edge.core.sessions import SessionState
from edge.core.summaries import Kind
from edge.host.files.private_files import cannot_write, make_folder
from edge.journal.store import Journal
from edge.tables.files import check_table_file, opened_table
from edge.tables.summaries import summary_cells, summary_table

JOURNAL: Final = "journal.sqlite"
PARTS: Final = ".parts"
_TABLES: Final = {"sessions": Kind.SESSION, "windows": Kind.WINDOW, "segments": Kind.SEGMENT}


@dataclass(slots=True)
class Result:
    """What an analysis did."""

    done: int = 0
    before: int = 0  # done by an earlier one
    bad: list[tuple[str, str]] = field(default_factory=list)  # recordings, and why each was not read, or not wholly
    notes: list[tuple[str, str]] = field(default_factory=list)
    stopped: bool = False


def run_analysis(
    jobs: Sequence[Job], config: Config, out: Path, *, executor: Executor, form: str, frames: bool, stop: Event
) -> Result:
    """Read recordings into `out/journal.sqlite`, and write its tables.

    Args:
        jobs: The recordings.
        config: The settings of all of them.
        out: The folder of the journal and the tables.
        executor: What reads them.
        form: The suffix of the tables: `.csv` or `.parquet`.
        frames: Whether to write a table of frames for each recording, in `out/frames`.
        stop: Ends it; what was not finished is read again the next time.

    Raises:
        BadConfiguration: A setting does not belong here, or a package is missing.
        EdgeError: As of the executor.
        CannotWrite: The journal or a table cannot be written, or another analysis writes there.
    """
    _refuse_settings(config, frames=frames)
    check_table_file(out / f"sessions{form}")
    executor.refuse(jobs, frames=frames)
    result, models = Result(), models_hash(config.models)
    try:
        make_folder(out)
        with Journal.open(out / JOURNAL) as journal:
            if frames:
                make_folder(out / "frames")
            done, cut = _finished(journal)
            table = str(out / "frames" / f"{{}}{form}") if frames else None
            tasks = [
                Task(job, job.decides(models), models, frozenset(done.get(job.recording, ())), table) for job in jobs
            ]
            with Status(jobs, sys.stderr) as status:
                for number, outcome in executor.outcomes(tasks, status.at, stop):
                    _keep(journal, jobs[number], outcome, cut, result)
                    status.ended(number, outcome)
            _write_tables(journal, out, form)
    except OSError as error:
        raise cannot_write(out, error) from error
    result.stopped = stop.is_set()
    return result


def _refuse_settings(config: Config, *, frames: bool) -> None:
    for name in ("require_consent", "service", "seal_to", "save_crops", "jsonl"):
        if getattr(config, name):
            raise BadConfiguration(f"An analysis has no use for {name}.", fix=f"Leave {name} out.")
    if config.camera is not None:
        raise BadConfiguration("An analysis reads recordings, and the configuration names a camera.", fix="Remove it.")


def _finished(journal: Journal) -> tuple[dict[str, list[str]], dict[str, bool]]:
    """The fingerprints of what is done: by recording, and each with whether that was cut short."""
    done, cut = dict[str, list[str]](), dict[str, bool]()
    for session in journal.each_session():
        if session.state is SessionState.COMPLETE and session.fingerprint is not None:
            done.setdefault(session.source or "", []).append(session.fingerprint)
            cut[session.fingerprint] = session.truncated
    return done, cut


def _keep(journal: Journal, job: Job, outcome: Outcome, cut: dict[str, bool], result: Result) -> None:
    if outcome.session is not None:
        journal.keep(outcome.session, outcome.summaries)
        result.done += 1
    if outcome.done_before:
        result.before += 1
        if cut[outcome.fingerprint]:
            result.bad.append((job.title, "It was cut short, or is damaged; what could be read was kept before."))
    if outcome.error is not None:
        result.bad.append((job.title, outcome.error))
    result.notes += [(job.title, note) for note in outcome.notes]


def _write_tables(journal: Journal, out: Path, form: str) -> None:
    """Write the tables, in the order of the recordings; one of segments only where there are any."""
    sessions = sorted(journal.sessions(), key=lambda one: (one.source or "", one.labels.segment or "", one.id))
    others = [label for label in journal.emotion_labels() if label not in EMOTIONS]
    for name, kind in _TABLES.items():
        cells = summary_cells(journal.columns(sessions, kind), kind, others)
        first = next(cells, None)
        if first is None and kind is Kind.SEGMENT:
            continue
        with opened_table(out / f"{name}{form}", summary_table(kind, others)) as table:
            table.write_cells(chain(() if first is None else (first,), cells))
