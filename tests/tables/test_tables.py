"""Tidy tables as pandas reads them, of one journal and of several, and their dictionary."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pandas
import pytest
from typer.testing import CliRunner

from edge.cli.journals.report import app
from edge.cli.run import app as run
from edge.core.sessions import StudyLabels
from edge.journal.store import Journal
from edge.tables.columns import Column, Type
from edge.tables.dictionary import with_dictionary
from edge.tables.frames import FRAMES
from edge.tables.summaries import WINDOWS

ROOT = Path(__file__).parents[2]
DTYPES = {Type.TEXT: "str", Type.WHOLE: "Int64", Type.NUMBER: "float64", Type.TRUTH: "boolean"}


@pytest.fixture
def study(tmp_path, summaries):
    """Two journals: one of a live session, one of two recordings of two participants."""
    with Journal.open(tmp_path / "a") as journal:
        began = datetime(2026, 3, 1, 12, tzinfo=UTC)
        journal.begin("live", started_at=began, window_s=2.0, software="0", source="camera 0")
        for summary in summaries("live", 3):
            journal.write(summary)
    with Journal.open(tmp_path / "b", now=lambda: datetime(2026, 4, 1, tzinfo=UTC)) as journal:
        for who, name in (("p1", "first"), ("p2", "second")):
            labels = StudyLabels(who, "Why?", None)
            journal.begin(
                name, started_at=None, window_s=2.0, software="0", source="=x.mp4", recorded=True, labels=labels
            )
            for summary in summaries(name, 2):
                journal.write(summary)
    return tmp_path


def ask(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def as_pandas(path: Path, columns: Sequence[Column]) -> pandas.DataFrame:
    if path.suffix == ".parquet":
        return pandas.read_parquet(path)
    dates = [column.name for column in columns if column.type is Type.DATE]
    dtypes = {column.name: DTYPES[column.type] for column in columns if column.type is not Type.DATE}
    return pandas.read_csv(path, dtype=dtypes, parse_dates=dates, keep_default_na=False, na_values=[""])


def test_the_dictionary_is_that_of_the_code():
    page = (ROOT / "docs/columns.md").read_text("utf-8")
    assert page == with_dictionary(page), "run python -m edge.tables.dictionary"


@pytest.mark.parametrize("rows", ["sessions", "windows"])
def test_csv_and_parquet_hold_the_same_of_several_journals(study, rows):
    tables = []
    for name in ("t.csv", "t.parquet"):
        form = ("--format", name.partition(".")[2], "--rows", rows, "-o", study / name)
        answer = ask(study / "a", study / "b", *form)
        assert (answer.exit_code, answer.stderr) == (0, "")
        tables.append(as_pandas(study / name, WINDOWS.columns))
    csv, parquet = tables
    assert [*csv.columns] == [column.name for column in WINDOWS.columns] == [*parquet.columns]
    assert csv["recording"].str.removeprefix("'").tolist() == parquet["recording"].tolist()
    for name in csv.columns.drop("recording"):
        assert csv[name].isna().tolist() == parquet[name].isna().tolist(), name
        assert [str(cell) for cell in csv[name].dropna()] == [str(cell) for cell in parquet[name].dropna()] or (
            csv[name].dropna().tolist() == parquet[name].dropna().tolist()
        ), name
    expected = ["live", "first", "second"] if rows == "sessions" else ["live"] * 3 + ["first"] * 2 + ["second"] * 2
    assert csv["session"].tolist() == expected
    assert csv.groupby("session")["session_id"].nunique().tolist() == [1, 1, 1]
    assert csv["session_id"].nunique() == 3
    assert csv.loc[csv["session"] != "live", "started_at"].isna().sum() == 0  # the fixture's own dates
    assert set(csv["participant"].dropna()) == {"p1", "p2"}


def test_a_participant_and_a_date_choose_sessions(study):
    assert [line.split()[0] for line in ask(study / "b", "--participant", "p2").stdout.splitlines()[1:]] == ["second"]
    late = ask(study / "a", study / "b", "--since", "2026-03-02", "--format", "csv")
    assert (late.exit_code, late.stderr) == (0, "")
    absent = ask(study / "b", "--participant", "p3")
    assert (absent.exit_code, absent.stdout) == (66, "")
    assert absent.stderr == f"Error: {study / 'b'} has no session of participant p3. See edge-report without options.\n"
    assert "is no date" in ask(study / "b", "--since", "yesterday").stderr
    nowhere = ask(study / "b", "--format", "parquet")
    assert (nowhere.exit_code, "-o FILE.parquet" in nowhere.stderr) == (2, True)


def test_html_has_a_page_for_each_hundred_sessions(study, summaries):
    with Journal.open(study / "many") as journal:
        for number in range(101):
            journal.begin(f"s{number}", started_at=None, window_s=2.0, software="0", recorded=True)
            journal.write(*summaries(f"s{number}", 1))
    first, last, after = (ask(study / "many", "--format", "html", "--page", page) for page in (1, 2, 3))
    assert "Sessions 1 to 100 of 101; --page N shows others." in first.stdout
    assert (first.stdout.count("<section"), last.stdout.count("<section")) == (100, 1)
    assert (after.exit_code, after.stderr) == (2, "Error: There is no page 3. The last one is 2.\n")
    assert "Sessions" not in ask(study / "b", "--format", "html").stdout.partition("</header>")[0]


@pytest.mark.parametrize("name", ["frames.csv", "frames.parquet"])
def test_a_run_writes_a_table_of_its_frames(tmp_path, name):
    words = ["--source", "demo:fast", "--duration", "3", "--max-fps", "10", "--journal", tmp_path / "j", "--quiet"]
    answer = CliRunner().invoke(run, [*map(str, words), "--participant", "p1", "--frames", str(tmp_path / name)])
    assert answer.exit_code == 0, answer.output
    frames = as_pandas(tmp_path / name, FRAMES.columns)
    assert [*frames.columns] == [column.name for column in FRAMES.columns]
    assert frames["frame"].tolist() == list(range(30))
    assert frames["offset_s"].iloc[[0, -1]].round(2).tolist() == [0, 2.92]
    assert set(frames["participant"]) == {"p1"}
    read = frames[frames["unreadable"].isna()]
    assert len(read) > 5
    assert read.filter(regex="^level_").sum(axis=1).round(4).unique().tolist() == [1.0]
    assert read["head_yaw_deg"].isna().all()
    assert frames.loc[frames["unreadable"] == "no_face", "face_left_px"].isna().all()
    (session,) = pandas.read_csv(ask_csv(tmp_path))["frames_read"]
    assert session == 30


def ask_csv(folder: Path) -> Path:
    ask(folder / "j", "--format", "csv", "-o", folder / "s.csv")
    return folder / "s.csv"


@pytest.mark.parametrize("setting", [["--require-consent"], ["--service"], ["--seal-to", "age1x"]])
def test_frames_are_refused_where_only_summaries_were_promised(tmp_path, setting):
    words = ["--source", "demo:fast", "--journal", str(tmp_path / "j"), "--frames", str(tmp_path / "f.csv"), *setting]
    answer = CliRunner().invoke(run, words)
    assert (answer.exit_code, "allows no table of frames" in answer.output) == (78, True)
    assert list(tmp_path.iterdir()) == []


def test_frames_have_the_names_of_pyfeat_where_these_are_wanted(tmp_path):
    words = ["--source", "demo:fast", "--duration", "2", "--max-fps", "5", "--journal", tmp_path / "j", "--quiet"]
    words += ["--frames", tmp_path / "fex.csv", "--dialect", "pyfeat"]
    answer = CliRunner().invoke(run, [*map(str, words)])
    assert answer.exit_code == 0, answer.output
    frames = pandas.read_csv(tmp_path / "fex.csv")
    emotions = ["anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral"]
    assert [*frames.columns[2:7]] == ["FaceRectX", "FaceRectY", "FaceRectWidth", "FaceRectHeight", "FaceScore"]
    assert [*frames.columns[-7:]] == emotions
    assert frames["frame"].tolist() == list(range(10))
    assert frames[emotions].sum(axis=1).round(3).tolist() == [1.0] * 10
    assert frames["FaceRectWidth"].between(50, 400).all()
