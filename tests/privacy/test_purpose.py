"""Where people are assessed, emotions are not computed, not kept and not shown; everything else goes on as it was."""

import csv
import io
import json
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import cast
from unittest.mock import MagicMock

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from edge import EMOTIONS, Level, Reading, Watcher
from edge.checks.bench import bench
from edge.checks.whole_run import WholeRun
from edge.cli.journals.report import app as report
from edge.config import Config
from edge.core.choices.purpose import Purpose
from edge.core.errors import BadModel, UsageError
from edge.core.frames import Frame
from edge.display.messages import opening_message
from edge.journal.reading import JournalReader
from edge.journal.store import Journal
from edge.run.events import FrameRead
from edge.sources.recorded.demo import picture

DEMO = ("--source", "demo:fast", "--duration", "12", "--window", "3")
SMILE = 170  # a frame of the demo in which it smiles
WORDS = re.compile("|".join(("emotion", *EMOTIONS)), re.IGNORECASE)


@dataclass(frozen=True)
class Ran:
    """A run of the demo: what it said, where it kept things, and the files that it touched."""

    done: subprocess.CompletedProcess[str]
    home: Path
    files: str | None  # strace's words; None where nothing may be traced

    @property
    def journal(self) -> Path:
        return self.home / "journal.sqlite"

    @property
    def lines(self) -> Path:
        return self.home / "lines.jsonl"


def ran(run, home, *more):
    home.mkdir(mode=0o700)
    trace, where = home.with_suffix(".trace"), ("--journal", home / "journal.sqlite", "--jsonl", home / "lines.jsonl")
    if shutil.which("strace"):
        done = run(
            "edge-run",
            *DEMO,
            *where,
            *more,
            under=("strace", "-fqq", "--seccomp-bpf", "-e", "trace=%file", "-o", str(trace)),
        )
        if "ptrace" not in done.stderr:
            return Ran(done, home, trace.read_text())
    return Ran(run("edge-run", *DEMO, *where, *more), home, None)


@pytest.fixture(scope="module")
def assessed(module_run, tmp_path_factory):
    return ran(module_run, tmp_path_factory.mktemp("runs") / "assessed", "--session", "s", "--purpose", "assessment")


@pytest.fixture(scope="module")
def practised(module_run, tmp_path_factory):
    return ran(module_run, tmp_path_factory.mktemp("runs") / "practised", "--session", "s")


@pytest.fixture(scope="module")
def watchers():
    named = cast(Purpose, "assessment")  # a string, as callers may give it
    with Watcher(duration=9) as usual, Watcher(duration=9, purpose=named) as assessing:
        yield usual, assessing


def test_the_emotion_networks_files_are_not_opened(assessed, practised):
    for one, opened in ((assessed, False), (practised, True)):
        assert one.done.returncode == 0
        if one.files is None:
            pytest.skip("nothing may be traced here, or strace is not installed")
        assert "/expressiveness.tflite" in one.files
        assert bool(re.search(r'/emotion[^/"]*\.(json|tflite)"', one.files)) is opened


@pytest.fixture
def without_emotions(shipped, tmp_path):
    """A folder of models whose emotion network cannot be loaded."""
    folder = tmp_path / "models"
    folder.mkdir()
    for name in ("expressiveness.json", "expressiveness.tflite"):
        shutil.copy(shipped / name, folder)
    (folder / "emotion-both.json").write_text("{}")
    return folder


def test_a_library_and_a_measurement_do_without_the_emotion_networks_too(without_emotions, monkeypatch):
    monkeypatch.setattr("edge.checks.bench.measure_whole_run", lambda config: WholeRun(None, 0, 0))
    settings = Config(models=without_emotions, purpose=Purpose.ASSESSMENT, source="demo:fast")
    with Watcher(models=without_emotions, purpose=Purpose.ASSESSMENT) as watcher:
        assert isinstance(watcher.read(picture(SMILE)), Reading)
    assert bench(settings, 20).emotions is False
    with pytest.raises(BadModel, match="emotion-both"):
        Watcher(models=without_emotions)
    with pytest.raises(BadModel, match="emotion-both"):
        bench(settings.model_copy(update={"purpose": Purpose.PRACTICE}), 20)


def test_the_emotion_network_is_not_needed_nor_named_without_a_face(run, home, without_emotions, tmp_path):
    folder, empty, settings = without_emotions, tmp_path / "empty", tmp_path / "edge.toml"
    empty.mkdir()
    for index in range(5):
        cv2.imwrite(str(empty / f"{index}.png"), np.full((120, 160, 3), 90 + index, np.uint8))
    settings.write_text("purpose = 'assessment'\nquiet = true\n")
    done = run("edge-run", "--source", empty, "--models", folder, "--config", settings, "--journal", home / "j")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.count("not computed") == 1  # also where it is quiet
    with JournalReader.open(home / "j") as reader:
        (session,) = reader.sessions()
    assert session.purpose == Purpose.ASSESSMENT
    assert session.summary is not None
    assert (session.summary.readable_share, session.summary.emotions) == (0, None)
    refused = run("edge-run", "--source", empty, "--models", folder)
    assert refused.returncode == 78
    assert "emotion-both.json" in refused.stderr


def test_nothing_that_is_said_or_kept_speaks_of_emotions(assessed):
    assert re.search(r"(Expressive|Reserved Expression): 0\.\d\d  \d", assessed.done.stdout)
    assert WORDS.findall(assessed.done.stdout) == []
    lines = [json.loads(line) for line in assessed.lines.read_text().splitlines()]
    assert len(lines) > 4
    assert {line["emotions"] for line in lines} == {None}
    with closing(sqlite3.connect(assessed.journal)) as journal:
        kept = journal.execute("SELECT DISTINCT emotions, json_type(emotions) FROM summaries").fetchall()
        assert kept == [("null", "null")]
        assert journal.execute("SELECT purpose FROM sessions").fetchall() == [("assessment",)]
    files = b"".join(path.read_bytes() for path in assessed.home.rglob("*") if path.is_file())
    assert [word for word in EMOTIONS if re.search(rf"\b{word}\b".encode(), files)] == []


def test_no_report_speaks_of_emotions_but_to_say_that_there_are_none(assessed):
    def reported(form):
        return CliRunner().invoke(report, [str(assessed.journal), "--format", form, "--windows"]).stdout

    assert "assessment" in reported("text")
    assert WORDS.findall(reported("text")) == []
    assert "Emotions were not computed, for the purpose was assessment." in reported("html")
    assert WORDS.findall(reported("html")) == ["Emotion"]
    (session,) = json.loads(reported("json"))["sessions"]
    assert session["purpose"] == "assessment"
    assert {summary["emotions"] for summary in (session["summary"], *session["windows"])} == {None}
    rows = list(csv.DictReader(io.StringIO(reported("csv"))))
    assert {row[f"emotion_{name}_share"] for row in rows for name in EMOTIONS} == {""}
    assert {row["purpose"] for row in rows} == {"assessment"}


def test_an_assessment_says_so_once_and_where_to_read_on(assessed, practised):
    assert len(assessed.done.stderr.splitlines()) == 2
    for words in ("not computed", "prohibited", "2025-02-02", "AI Act, Article 5(1)(f)", "docs/responsible-use.md"):
        assert words in " ".join(assessed.done.stderr.splitlines())
    assert practised.done.stderr == ""
    assert (opening_message(Purpose.RESEARCH), Purpose.RESEARCH.reads_emotions) == ("", True)


def test_the_document_it_names_is_there():
    page = (Path(__file__).parents[2] / "docs" / "responsible-use.md").read_text()
    for words in ("5(1)(f)", "Article 50", "GDPR", "Biometric Information Privacy Act", "Video Interview Act"):
        assert words in page
    for purpose in Purpose:
        assert f"`{purpose.value}`" in page


def test_a_purpose_that_is_none_is_refused(run, tmp_path):
    by_flag = run("edge-run", *DEMO, "--purpose", "hiring")
    assert by_flag.returncode == 2
    assert "practice" in by_flag.stderr
    settings = tmp_path / "edge.toml"
    settings.write_text("purpose = 'hiring'\n")
    by_file = run("edge-run", *DEMO, "--config", settings)
    assert by_file.returncode == 78
    assert "'practice', 'research' or 'assessment'" in by_file.stderr
    with pytest.raises(UsageError, match="purpose"):
        Watcher(purpose="hiring")  # type: ignore[arg-type]


def test_practice_is_the_default(practised):
    with JournalReader.open(practised.journal) as reader:
        (session,) = reader.sessions()
    assert session.purpose == Purpose.PRACTICE
    assert session.summary is not None
    assert session.summary.emotions is not None
    assert sum(session.summary.emotions.values()) == pytest.approx(1)


def test_expressiveness_is_read_the_same(watchers):
    usual, assessing = (watcher.read(picture(SMILE)) for watcher in watchers)
    assert isinstance(usual, Reading)
    assert usual.emotion == "happy"
    assert assessing == replace(usual, emotion=None, emotions=None, labels=())


def test_a_library_gets_none_either(watchers):
    _, assessing = watchers
    for summary in assessing.summaries("demo:fast", window_s=60):
        assert summary.emotions is None
        assert summary.levels["reserved"] > 0
        break
    seen = next(found for found in assessing.observations("demo:fast") if found.reading)
    assert (seen.reading.emotion, seen.reading.emotions) == (None, None)


def test_the_screen_shows_none(watchers, monkeypatch):
    from edge.display import preview
    from edge.display.live_line import LiveLine

    rgb, captions, out = picture(SMILE), [], io.StringIO()
    monkeypatch.setattr("edge.display.preview.Window", MagicMock())
    monkeypatch.setattr("edge.display.preview.cv2.putText", lambda picture, words, *_: captions.append(words))
    for watcher in watchers:
        seen = next(found for found in watcher.observations("demo:fast") if found.reading and found.tick_s > 6.7)
        event = FrameRead(Frame(rgb, seen.tick_s, seen.taken_at), seen)
        preview.Preview(Event())(event)
        LiveLine(out)(event)
    for usual, assessing in (captions, out.getvalue().splitlines()):
        assert "happy" in usual
        assert assessing.startswith("Expressive")
        assert WORDS.findall(assessing) == []


def test_a_journal_takes_no_emotions_into_an_assessment(tmp_path, watchers):
    usual, assessing = (list(watcher.summaries("demo:fast", session="s")) for watcher in watchers)
    with Journal.open(tmp_path / "j") as journal:
        now = datetime.now(UTC)
        journal.begin("s", started_at=now, window_s=10.0, software="0", purpose=Purpose.ASSESSMENT)
        with pytest.raises(ValueError, match="emotions"):
            journal.write(usual[0])
        assert list(journal.windows(1)) == []
        journal.write(*assessing[:-1])  # and then the power fails
    with Journal.open(tmp_path / "j") as journal:
        (session,) = journal.sessions()
    assert session.state.value == "interrupted"
    assert session.summary is not None
    assert session.summary.emotions is None
    assert session.summary.levels == pytest.approx(assessing[-1].levels)
    assert session.summary.levels is not None
    assert np.isclose(session.summary.levels[Level.EXPRESSIVE], usual[-1].levels[Level.EXPRESSIVE])
