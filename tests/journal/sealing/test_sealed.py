"""With `seal_to` nothing of a summary but its time is anywhere in clear; the key's holder alone reads it."""

import csv
import io
import json
import re
import signal
import sqlite3
import subprocess
import time
from contextlib import closing, suppress
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from edge.cli import doctor
from edge.cli.booth import keys
from edge.cli.journals import report
from edge.config import Config
from edge.journal.reading import JournalReader
from edge.journal.sealing.seal import Keys
from edge.run.outputs.keeping import opened_keeping
from tests.privacy.commands import invoke

from .traces import found_in, traces

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DEMO = ("--source", "demo:fast", "--session", "kim", "--window", "2")


def shown(answer):
    """The sessions of a report in JSON, without what is about the journal and the moment."""
    sessions = json.loads(answer.stdout)["sessions"]
    dates = ("started_at", "ended_at", "written_at", "boot_id", "clock_synchronised", "summaries_sealed")
    for session in sessions:
        for one in (session, session["summary"], *session["windows"]):
            for date in dates:
                one.pop(date, None)
    return sessions


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    """A key file, and its recipient."""
    file = tmp_path_factory.mktemp("keys") / "key"
    return file, invoke(keys.app, "new", file).stdout.strip()


@pytest.fixture(scope="module")
def runs(module_run, key, tmp_path_factory):
    """The demo watched twice in the same way: a folder with everything in clear, and one with everything sealed."""
    folder = tmp_path_factory.mktemp("runs")
    for name, more in (("clear", ()), ("sealed", ("--seal-to", key[1]))):
        (folder / name).mkdir(0o700)
        where = ("--journal", folder / name / "j", "--jsonl", "-", "--service")
        with open(folder / name / "lines", "w") as out:
            answer = module_run("edge-run", *DEMO, "--duration", "7", *where, *more, to=out)
        assert answer.returncode == 0, answer.stderr
        (folder / name / "log").write_text(answer.stderr)
    return folder


@pytest.fixture(scope="module")
def clear(runs):
    """The four summaries and the session's as JSON."""
    return [json.loads(line) for line in (runs / "clear" / "lines").read_text().splitlines()]


def test_no_figure_is_in_any_file_nor_in_a_log(runs, clear):
    assert len(clear) == 5
    wanted = traces(clear)
    seen = found_in(runs / "clear", wanted)
    assert {"j", "lines"} <= {name for name, _ in seen}
    assert any(len(trace) == 4 for _, trace in seen)  # doubles are found too
    assert found_in(runs / "sealed", wanted) == set()
    assert {place.name for place in (runs / "sealed").iterdir()} == {
        "j",
        "j.lock",
        "j.reserve",
        "j.health.json",
        "lines",
        "log",
    }
    assert "neutral" in (runs / "clear" / "log").read_text()  # the live line
    words = (runs / "sealed" / "log").read_text()
    journal = runs / "sealed" / "j"
    closing = f"The summaries are in {journal}, sealed: edge-report {journal} --key FILE opens them."
    assert words == f"Session kim: 7.0 s.\n{closing}\n"


def test_the_key_opens_everything_in_every_form(runs, key):
    for form in (("--format", "json"), ("--format", "csv"), ()):
        of_clear = invoke(report.app, runs / "clear" / "j", "--windows", *form)
        opened = invoke(report.app, runs / "sealed" / "j", "--windows", *form, "--key", key[0])
        assert opened.stderr == ""
        if "json" in form:
            assert shown(opened) == shown(of_clear)
        elif "csv" in form:
            rows = [list(csv.DictReader(io.StringIO(answer.stdout))) for answer in (opened, of_clear)]
            assert [row["level_expressive_share"] for row in rows[0]] == [
                row["level_expressive_share"] for row in rows[1]
            ]
            assert len(rows[0]) == 4
        else:
            figures = [re.findall(r"\d+%.*", answer.stdout) for answer in (opened, of_clear)]
            assert len(figures[0]) == 5
            assert figures[0] == figures[1]


def test_without_a_key_dates_are_shown_and_how_to_open_the_rest(runs, clear):
    for form in ((), ("--format", "json"), ("--format", "csv"), ("--format", "html")):
        answer = invoke(report.app, runs / "sealed" / "j", "--windows", *form)
        assert answer.stderr == "5 summaries are sealed: edge-report --key FILE opens them.\n"
        assert not any(trace.decode("latin-1") in answer.stdout for trace in traces(clear) if b"." in trace)
    sealed = json.loads(invoke(report.app, runs / "sealed" / "j", "--windows", "--format", "json").stdout)["sessions"][
        0
    ]
    assert (sealed["summary"], sealed["windows_kept"], sealed["state"]) == (None, 4, "complete")
    assert [(one["sequence"], one["length_s"]) for one in sealed["windows"]] == [(0, 2), (1, 2), (2, 2), (3, 1)]
    assert (sealed["recorded"], sealed["started_at"], sealed["ended_at"]) == (True, None, None)
    (_, row) = invoke(report.app, runs / "sealed" / "j").stdout.splitlines()
    assert " 7.0 s " in row


def test_a_key_that_is_not_the_right_one(runs, key, tmp_path):
    invoke(keys.app, "new", tmp_path / "other")
    for words in ((report.app, runs / "sealed" / "j"), (keys.app, "open", runs / "sealed" / "lines")):
        answer = invoke(*words, "--key", tmp_path / "other", code=78)
        assert "The key opens n" in answer.stderr
        assert answer.stdout == ""


def test_sealed_lines_open_again(runs, key, clear):
    opened = invoke(keys.app, "open", runs / "sealed" / "lines", "--key", key[0])
    lines = [json.loads(line) for line in opened.stdout.splitlines()]
    for line in (*lines, *clear):
        line.pop("started_at")
    assert lines == clear
    sealed = (runs / "sealed" / "lines").read_bytes().splitlines(keepends=True)
    assert [json.loads(line)["sequence"] for line in sealed] == [0, 1, 2, 3, 4]
    torn = sealed[1].replace(b'"sequence": 1', b'"sequence": 7')
    for changed, said in (
        ([sealed[0], torn, *sealed[2:]], "line 2 is torn, or changed"),
        ([sealed[0], sealed[1][:-9] + b"\n", *sealed[2:]], "line 2 is torn, or changed"),
        ([sealed[0], sealed[1].replace(b'"sealed"', b'"clear"'), *sealed[2:]], "line 2 is torn, or changed"),
        ([sealed[0], *sealed[2:]], "1 windows before line 2 are missing"),
    ):
        answer = CliRunner().invoke(keys.app, ["open", "--key", str(key[0])], input=b"".join(changed))
        assert (answer.exit_code, said in answer.stderr) == (65, True)
        assert len(answer.stdout.splitlines()) == 4


def test_a_killed_run_leaves_nothing_in_clear_and_loses_nothing(start, run, key, home, clear):
    where = ("--journal", home / "j", "--seal-to", key[1], "--jsonl", home / "lines")
    running = start("edge-run", "--source", "demo", "--session", "kim", "--window", "0.3", *where)
    wal = home / "j-wal"
    since = time.monotonic()
    while not (home / "lines").exists() or (home / "lines").read_bytes().count(b"\n") < 4:
        assert time.monotonic() - since < 40, running.poll()
        time.sleep(0.05)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert wal.stat().st_size > 0
    labels = {trace for trace in traces(clear) if b'"' in trace}
    assert found_in(home, labels) == set()
    answer = run("edge-run", *DEMO, "--duration", "1", *where)
    assert answer.returncode == 0, answer.stderr
    assert found_in(home, labels) == set()
    cut, _ = json.loads(invoke(report.app, home / "j", "--format", "json", "--windows", "--key", key[0]).stdout)[
        "sessions"
    ]
    assert cut["state"] == "interrupted"
    assert len(cut["windows"]) >= 4
    assert cut["summary"]["sequence"] == len(cut["windows"])


def test_a_full_disk_loses_nothing_and_leaves_nothing_in_clear(key, tmp_path, summaries_of):
    written = summaries_of("s", 60)
    config = Config(journal=tmp_path / "j", session="s", window=2.0, seal_to=(key[1],), jsonl=str(tmp_path / "lines"))
    with opened_keeping(config, "camera 0") as kept:
        assert kept.reserve.path.stat().st_size > 2 * 2**20  # sealed summaries are larger
        kept.begin(NOON)
        assert kept._journal is not None
        connection = kept._journal._connection
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 1}")
        for summary in written[:40]:
            kept.write(summary)
        assert kept.health.queued > 20
        assert found_in(tmp_path, [b'"happy"', b'"no_face"']) == set()
        connection.execute(f"PRAGMA max_page_count = {2**30}")
        for summary in written[40:]:
            kept.write(summary)
    assert found_in(tmp_path, [b'"happy"', b'"no_face"']) == set()
    with JournalReader.open(tmp_path / "j") as reader:
        reader.unlock(Keys.of([str(key[0])]))
        (session,) = reader.sessions()
        assert [window.sequence for window in reader.windows(session.id)] == list(range(60))
        assert session.summary is not None
        assert session.summary.length_s == 120
        assert not reader.unopened


@pytest.mark.root
def test_a_thousand_sealed_summaries_fit_into_the_reserve(key, tmp_path, summaries_of):
    """On a disk that is really full, and stays full; it is large enough for the whole reserve, an eighth of it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m,mode=700", "edge", disk], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"mounting is not allowed here: {mounted.stderr.decode().strip()}")
    try:
        config = Config(journal=disk / "j", session="s", window=2.0, seal_to=(key[1], key[1]))
        written = summaries_of("s", 1000)
        with opened_keeping(config, "camera 0") as kept:
            kept.begin(NOON)
            kept.write(written[0])
            with open(disk / "other", "ab", buffering=0) as other, suppress(OSError):
                while other.write(bytes(4096)) == 4096:
                    pass
            for summary in written[1:]:
                kept.write(summary)
            assert kept.health.queued > 900
        with JournalReader.open(disk / "j") as reader:
            reader.unlock(Keys.of([str(key[0])]))
            (session,) = reader.sessions()
            assert [window.sequence for window in reader.windows(session.id)] == list(range(1000))
            assert session.state == "complete"
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


def changed(journal, script):
    with closing(sqlite3.connect(journal)) as connection:
        connection.executescript(script)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@pytest.fixture
def journal(runs, tmp_path):
    """A copy of the sealed journal, to be tampered with."""
    copy = tmp_path / "j"
    copy.write_bytes((runs / "sealed" / "j").read_bytes())
    return copy


def test_a_changed_byte_is_named_and_the_others_are_shown(journal, key):
    kept = journal.read_bytes()
    with closing(sqlite3.connect(journal)) as connection:
        (sealed,) = connection.execute(
            "SELECT sealed FROM sealed_summaries WHERE kind = 'window' AND sequence = 1"
        ).fetchone()
    at = kept.index(sealed.encode())
    for place in (60, 200, len(sealed) // 2, len(sealed) - 60):
        letter = sealed[place]
        other = "B" if letter == "A" else "A"
        journal.write_bytes(kept[: at + place] + other.encode() + kept[at + place + 1 :])
        answer = invoke(report.app, journal, "--windows", "--format", "json", "--key", key[0], code=65)
        (session,) = json.loads(answer.stdout)["sessions"]
        assert [one["sequence"] for one in session["windows"] if "levels" in one] == [0, 2, 3]
        assert answer.stderr.startswith("Error: Session kim (number 1): window 1 is ")
        assert "changed" in answer.stderr


SWAP = """UPDATE sealed_summaries SET sealed = (SELECT sealed FROM sealed_summaries AS other
    WHERE other.session_id = sealed_summaries.session_id AND kind = 'window' AND sequence = {}) WHERE kind = 'window'
    AND sequence = {};"""


_OTHER_SESSION = """INSERT INTO sessions (name, state, started_at, window_s, software)
    SELECT name, state, started_at, window_s, software FROM sessions;
UPDATE sealed_summaries SET session_id = 2 WHERE kind = 'window';"""


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (SWAP.format(0, 2), "window 2 is changed"),
        ("UPDATE sealed_summaries SET length_s = 4 WHERE sequence IN (0, 1)", "windows 0 to 1 are changed"),
        ("DELETE FROM sealed_summaries WHERE sequence = 1", "window 1 is missing"),
        ("UPDATE sessions SET name = 'lee'", "its summary is changed"),
        (_OTHER_SESSION, "Session kim (number 2): windows 0 to 3 are changed"),
    ],
)
def test_what_was_moved_replayed_or_removed_is_named(journal, key, script, said):
    changed(journal, script)
    assert said in invoke(report.app, journal, "--windows", "--key", key[0], code=65).stderr


def test_no_sealed_row_can_hold_anything_in_clear(journal):
    with closing(sqlite3.connect(journal)) as connection, pytest.raises(sqlite3.IntegrityError):
        connection.execute("UPDATE sealed_summaries SET sealed = '{\"levels\": {}}'")


def test_the_service_and_its_checkup_go_on(runs, journal):
    journal.with_name("j.health.json").write_text((runs / "sealed" / "j.health.json").read_text())
    found = json.loads(invoke(doctor.app, "--service", "--journal", journal, "--format", "json").stdout)
    (summaries,) = [one for one in found if one["check"] == "summaries"]
    assert summaries["ok"]
    assert "5 summaries, sealed" in summaries["found"]
