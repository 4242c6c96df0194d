"""edge-analyze: many recordings into one journal, each with the figures of edge-run, and none of them twice."""

import sqlite3
from contextlib import closing
from pathlib import Path

import cv2
import pandas
import pytest

from edge.journal.file.location import default_journal
from edge.sources.recorded.demo import picture
from tests.cli.conftest import Ask

NEUTRAL, SMILE, EMPTY = 30, 160, 350  # frames of the demo
FIGURES = """SELECT kind, sequence, length_s, frames_read, readable_share, levels, emotions, emotion_means, score_mean,
score_sd, started_tick_s FROM summaries JOIN sessions ON sessions.id = session_id WHERE source LIKE ?
ORDER BY kind, sequence"""


def film(path: Path, *scenes: int) -> Path:
    """Half a second of each scene of the demo."""
    path.parent.mkdir(exist_ok=True)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 10, (640, 480))
    for index in scenes:
        for _ in range(5):
            writer.write(picture(index)[..., ::-1])
    writer.release()
    return path


def figures(journal: Path, recording: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(journal)) as connection:
        return connection.execute(FIGURES, (recording,)).fetchall()


@pytest.fixture
def study(home: Path) -> Path:
    """Two recordings, one of them in a folder of its own, one that is cut, and one that is none."""
    film(home / "study" / "one.mp4", NEUTRAL, SMILE, EMPTY)
    film(home / "study" / "more" / "two.mp4", SMILE, SMILE)
    cut = film(home / "study" / "cut.avi", NEUTRAL, NEUTRAL, NEUTRAL)
    whole = cut.read_bytes()
    cut.write_bytes(whole[: len(whole) * 2 // 3])
    (home / "study" / "none.mp4").write_text("no video")
    return home / "study"


def test_each_recording_has_the_figures_of_a_run_of_its_own_and_none_is_read_twice(
    ask: Ask, home: Path, study: Path
) -> None:
    first = ask("edge-analyze", study, "--out", "out", "--jobs", 2, "--window", 1)
    assert first.exit_code == 65, first.output
    assert "of 4 recordings were read: edge-report out/journal.sqlite shows them." in first.stdout
    assert "none.mp4: " in first.stderr
    assert "it is text. Copy it again" in first.stderr
    assert "cut.avi: " in first.stderr
    ask("edge-run", study / "one.mp4", "--window", 1, "--quiet")
    ask("edge-run", study / "more" / "two.mp4", "--window", 1, "--quiet")
    for name, count in (("one.mp4", 3), ("two.mp4", 2)):  # windows, and the session
        own = figures(default_journal(), name)
        assert len(own) == count
        assert figures(home / "out" / "journal.sqlite", f"%{name}") == own
    sessions = pandas.read_csv(home / "out" / "sessions.csv")
    assert sessions["recording"].tolist()[-2:] == ["more/two.mp4", "one.mp4"]
    windows = pandas.read_csv(home / "out" / "windows.csv")
    assert windows.loc[windows["recording"] == "one.mp4", "offset_s"].tolist() == [0.0, 1.0]
    assert not (home / "out" / "segments.csv").exists()
    assert {path.name for path in (home / "out").iterdir()} >= {"journal.sqlite", "sessions.csv", "windows.csv"}
    assert not (home / "out" / ".parts").exists()

    again = ask("edge-analyze", study, "--out", "out", "--jobs", 2, "--window", 1)
    assert again.exit_code == 65
    assert again.stdout.startswith("0 of 4 recordings were read")
    assert pandas.read_csv(home / "out" / "sessions.csv").equals(sessions)


def test_a_list_names_participants_and_segments(ask: Ask, home: Path, study: Path) -> None:
    (study / "list.csv").write_text(
        "path,participant,question,segment,start,end\n"
        "one.mp4,p1,Why?,a,,0:00.5\none.mp4,p1,Why?,b,0.5,1.5\nmore/two.mp4,p2,,,,\n"
    )
    done = ask("edge-analyze", study / "list.csv", "--out", "out", "--jobs", 1, "--frames")
    assert (done.exit_code, done.stdout.split()[0]) == (0, "3"), done.stderr
    sessions = pandas.read_csv(home / "out" / "sessions.csv").set_index("segment")
    assert sessions.loc[["a", "b"], "offset_s"].tolist() == [0.0, 0.5]
    assert sessions.loc[["a", "b"], "length_s"].round(2).tolist() == [0.5, 1.0]
    assert sessions["participant"].tolist() == ["p2", "p1", "p1"]
    frames = [pandas.read_csv(path) for path in sorted((home / "out" / "frames").glob("*.csv"))]
    assert sorted(len(table) for table in frames) == [5, 10, 10]
    for path in (home / "out" / "frames").glob("two*"):
        path.unlink()
    again = ask("edge-analyze", study / "list.csv", "--out", "out", "--jobs", 1, "--frames")
    assert again.stdout.startswith("0 of 3 recordings were read, 3 were read before")
    assert len(list((home / "out" / "frames").glob("two*"))) == 1, "what is missing is made"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("file\nx.mp4\n", "not without a column path"),
        ("path,who\nx.mp4,p1\n", "no column who"),
        ("path,start,end\nx.mp4,2,1\n", "line 2: the end is not after the start"),
        ("path,start\nx.mp4,soon\n", "line 2: "),
    ],
)
def test_a_list_that_cannot_be_used_is_refused_before_anything_is_read(
    ask: Ask, home: Path, rows: str, message: str
) -> None:
    (home / "list.csv").write_text(rows)
    answer = ask("edge-analyze", "list.csv", "--out", "out")
    assert (answer.exit_code, message in answer.stderr) == (2, True), answer.stderr
    assert not (home / "out").exists()


def test_what_does_not_belong_here_is_refused(ask: Ask, home: Path, study: Path) -> None:
    (home / "edge.toml").write_text("require_consent = true\n")
    answer = ask("edge-analyze", study, "--out", "out", "--config", "edge.toml")
    assert (answer.exit_code, answer.stdout) == (78, "")
    assert "no use for require_consent" in answer.stderr
    assert ask("edge-analyze", home / "empty*.mp4", "--out", "out").exit_code == 66
