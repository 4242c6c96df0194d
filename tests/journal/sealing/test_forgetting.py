"""What was to be forgotten is in no byte of any file afterwards, sealed or not; what was to be kept is."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from edge.cli import run
from edge.cli.booth import keys
from edge.cli.journals import purge, report
from edge.config import Config
from edge.host import boot
from edge.journal.lines.jsonl import JsonLines
from edge.journal.sealing.seal import Seal
from edge.journal.store import Journal
from tests.privacy.commands import invoke

from .traces import found_in

pytestmark = pytest.mark.usefixtures("unconfined")
NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def set_clock(monkeypatch):
    """The kernel says that the clock follows one that knows the time."""
    monkeypatch.setattr(boot, "_kernels_status", lambda: 0)


@pytest.fixture
def recipient(tmp_path_factory):
    return invoke(keys.app, "new", tmp_path_factory.mktemp("keys") / "key").stdout.strip()


@pytest.fixture
def recorded(tmp_path, summaries_of, recipient):
    """recorded("name", age, sealed): a session of 30 windows that began so long ago; its traces in the journal."""

    def record(session, age, *, sealed):
        seal = Seal.to([recipient]) if sealed else None
        with Journal.open(tmp_path / "j", seal) as journal:
            began = NOW - age
            journal.begin(
                session,
                started_at=began,
                window_s=2.0,
                software="0",
                source=f"camera of {session}",
                clock_synchronised=True,
            )
            journal.write(*summaries_of(session, 30, began))
            table = "sealed_summaries" if sealed else "summaries"
            last = "session_id = (SELECT max(id) FROM sessions)"
            marks = {session.encode()}
            for row in journal._connection.execute(f"SELECT * FROM {table} WHERE {last}"):
                marks.add(row["started_at"].encode())
                if sealed:
                    lines = row["sealed"].encode().splitlines()
                    marks |= {lines[4], lines[-3]}  # of the header and of the summary itself
        return marks

    return record


@pytest.fixture
def kept(tmp_path, recorded):
    """Four sessions in one journal: traces by name."""
    found = {
        "old-clear": recorded("old-clear", 40 * DAY, sealed=False),
        "old-sealed": recorded("old-sealed", 35 * DAY, sealed=True),
        "new-clear": recorded("new-clear", 2 * DAY, sealed=False),
        "new-sealed": recorded("new-sealed", DAY, sealed=True),
    }
    assert min(map(len, found.values())) >= 31
    still_there(tmp_path, found, set(found))
    return found


def still_there(folder, kept, names):
    """Every trace of these sessions is in the files, and no trace of any other session."""
    for name, traces in kept.items():
        seen = {trace for _, trace in found_in(folder, traces)}
        assert seen == (traces if name in names else set()), name


def left(folder):
    return [one["name"] for one in json.loads(invoke(report.app, folder / "j", "--format", "json").stdout)["sessions"]]


@pytest.mark.parametrize(
    ("words", "stays"),
    [
        (("--before", "30"), {"new-clear", "new-sealed"}),
        (("--before", f"{NOW - 37 * DAY:%Y-%m-%dT%H:%M}"), {"old-sealed", "new-clear", "new-sealed"}),
        (("--before", "0.5"), set()),
        (("--session", "old-sealed"), {"old-clear", "new-clear", "new-sealed"}),
        (("--session", "new-clear"), {"old-clear", "old-sealed", "new-sealed"}),
        (("--before", "30", "--session", "new-sealed"), {"old-clear", "old-sealed", "new-clear", "new-sealed"}),
        (("--before", "30", "--dry-run"), {"old-clear", "old-sealed", "new-clear", "new-sealed"}),
    ],
)
def test_what_is_purged_is_in_no_byte_of_any_file(tmp_path, kept, words, stays):
    invoke(purge.app, *words, "--journal", tmp_path / "j")
    still_there(tmp_path, kept, stays)
    assert set(left(tmp_path)) == stays


@pytest.mark.parametrize("sealed", [False, True])
def test_a_sessions_windows_are_forgotten_one_by_one(tmp_path, recorded, sealed):
    traces = recorded("long", 3 * DAY, sealed=sealed)
    limit = NOW - 3 * DAY + timedelta(seconds=21)
    invoke(purge.app, "--before", limit.isoformat(), "--journal", tmp_path / "j")
    (session,) = json.loads(invoke(report.app, tmp_path / "j", "--format", "json").stdout)["sessions"]
    assert session["windows_kept"] == 20
    seen = {trace for _, trace in found_in(tmp_path, traces)}
    dates = {trace for trace in traces if trace.count(b":") == 2}
    # Ten windows of 2 s; the session's own summary and its row began with the first of them.
    assert len(dates - seen) == 9
    assert len(traces - dates - seen) == (20 if sealed else 0)


def test_it_is_gone_while_another_session_is_recorded(tmp_path, kept, recipient, summaries_of):
    with Journal.open(tmp_path / "j", Seal.to([recipient])) as journal:
        journal.begin("now", started_at=NOW, window_s=2.0, software="0", clock_synchronised=True)
        first, second, last = summaries_of("now", 2, NOW)
        journal.write(first)
        invoke(purge.app, "--before", "30", "--journal", tmp_path / "j")
        still_there(tmp_path, kept, {"new-clear", "new-sealed"})
        journal.write(second, last)
    assert left(tmp_path) == ["new-clear", "new-sealed", "now"]


def test_it_is_an_error_while_a_reader_holds_the_bytes_and_the_next_purge_ends_it(tmp_path, kept):
    with closing(sqlite3.connect(tmp_path / "j", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM summaries").fetchone()
        for _ in range(2):  # the second time there is no row left to be deleted
            answer = invoke(purge.app, "--before", "30", "--journal", tmp_path / "j", code=74)
            assert "can still be read in its files" in answer.stderr
            assert answer.stdout == ""
        reader.execute("COMMIT")
        invoke(purge.app, "--before", "30", "--journal", tmp_path / "j")
        still_there(tmp_path, kept, {"new-clear", "new-sealed"})


def test_a_run_forgets_by_itself_to_the_fraction_of_a_day(tmp_path, kept, recipient, monkeypatch, summaries_of):
    lines, closed = tmp_path / "l", tmp_path / f"l.{NOW - 20 * DAY:%Y-%m-%d}"
    with JsonLines.open(str(closed), Seal.to([recipient])) as old:
        old.write(*summaries_of("old-lines", 3, NOW - 20 * DAY))
    config = tmp_path / "edge.toml"
    config.write_text(
        f"source = 'demo:fast'\nduration = 1\nquiet = true\nsession = 'now'\njournal = '{tmp_path / 'j'}'\n"
        f"jsonl = '{lines}'\nretention_days = 1.5\nseal_to = '{recipient}'\n"
    )
    assert found_in(tmp_path, [b"old-lines"])
    invoke(run.app, "--config", config)
    still_there(tmp_path, kept, {"new-sealed"})
    assert left(tmp_path) == ["new-sealed", "now"]
    assert found_in(tmp_path, [b"old-lines"]) == set()
    config.write_text(config.read_text().replace("1.5", "0.75"))
    invoke(run.app, "--config", config)
    still_there(tmp_path, kept, set())
    assert Config(retention_days=0.0001).retention_days == 0.0001
