"""Sessions of a participant side by side, and means by question: figures, intervals and what is refused."""

import csv
import io
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from edge.cli.journals.report import app
from edge.core.choices.purpose import Purpose
from edge.core.sessions import StudyLabels
from edge.core.summaries import Kind, Summary
from edge.core.windowing.merging import merge
from edge.journal.store import Journal
from edge.report.comparing.bootstrap import difference, estimate

from .conftest import _observation


def ask(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def kept(path: Path, who: str, question: str, score: float, purpose: Purpose = Purpose.RESEARCH) -> None:
    """A session of 40 windows with scores around one, each a little above or below."""
    windows = []
    for number in range(40):
        window = _window(f"{who}-{question}", number)
        wave = 0.1 if number % 2 else -0.1
        emotions = None if purpose is Purpose.ASSESSMENT else window.emotion_means
        shares = None if purpose is Purpose.ASSESSMENT else window.emotions
        windows.append(replace(window, score_mean=score + wave, emotion_means=emotions, emotions=shares))
    with Journal.open(path) as journal:
        labels = StudyLabels(who, question)
        journal.begin(
            f"{who}-{question}",
            started_at=None,
            window_s=2.0,
            software="0",
            recorded=True,
            labels=labels,
            purpose=purpose,
        )
        journal.write(*windows, merge(windows))


def _window(session: str, number: int) -> Summary:
    from edge.core.windowing.windows import Windows

    windows = Windows(session, 2.0)
    for tick in range(8):
        windows.add(_observation(tick / 4))
    window = windows.finish()[0]
    return replace(
        window, sequence=number, kind=Kind.WINDOW, started_tick_s=2.0 * number, ended_tick_s=2.0 * number + 2
    )


def table(answer: Result) -> dict[tuple[str, str], dict[str, str]]:
    assert answer.exit_code == 0, answer.output
    rows = csv.DictReader(io.StringIO(answer.stdout))
    return {(row["figure"], row["group"]): row for row in rows}


def test_a_participants_sessions_are_compared_with_the_first(tmp_path: Path) -> None:
    for question, score in (("a", 0.0), ("b", 0.5)):
        kept(tmp_path / "j", "p1", question, score)
    kept(tmp_path / "j", "p2", "a", 3.0)
    rows = table(ask(tmp_path / "j", "--compare", "p1", "--format", "csv"))
    assert {group for _, group in rows} == {"p1-a", "p1-b"}
    first, second = rows["score_mean", "p1-a"], rows["score_mean", "p1-b"]
    assert float(first["mean"]) == pytest.approx(0.0, abs=1e-9)
    assert first["difference"] == ""
    assert float(second["difference"]) == pytest.approx(0.5)
    assert 0.4 < float(second["difference_low"]) < 0.5 < float(second["difference_high"]) < 0.6
    text = ask(tmp_path / "j", "--compare", "p1").stdout
    assert "difference +0.50 (+0.4" in text
    assert "no ground on which to decide about a person" in text
    picture = ask(tmp_path / "j", "--compare", "p1", "--format", "svg").stdout
    assert len(ElementTree.fromstring(picture).findall(".//{*}circle")) == len(rows)


def test_means_by_question_count_each_participant_alike_and_name_none(tmp_path: Path) -> None:
    for number in range(6):
        kept(tmp_path / "j", f"p{number}", "why", float(number))
    kept(tmp_path / "j", "p0", "how", 1.0)
    rows = table(ask(tmp_path / "j", "--by", "question", "--format", "csv"))
    why, how = rows["score_mean", "why"], rows["score_mean", "how"]
    assert why["count"] == "6"
    assert float(why["mean"]) == pytest.approx(2.5)
    assert float(why["low"]) < 2.0 < 3.0 < float(why["high"])
    assert (how["count"], how["low"], how["high"]) == ("1", "", "")
    assert "p3" not in ask(tmp_path / "j", "--by", "question").stdout


def test_emotions_are_not_compared_where_a_session_was_an_assessment(tmp_path: Path) -> None:
    kept(tmp_path / "j", "p1", "a", 0.0)
    assert any(
        figure.startswith("emotion_") for figure, _ in table(ask(tmp_path / "j", "--by", "question", "--format", "csv"))
    )
    kept(tmp_path / "j", "p1", "b", 0.0, Purpose.ASSESSMENT)
    for words in (("--by", "question"), ("--compare", "p1")):
        answer = ask(tmp_path / "j", *words)
        assert "Emotions are not compared" in answer.stdout
        assert "emotion_" not in answer.stdout


def test_a_picture_shows_shares_on_a_scale_from_0_to_1_and_a_score_beside_its_0(tmp_path: Path) -> None:
    kept(tmp_path / "j", "p1", "a", 0.25)
    picture = ElementTree.fromstring(ask(tmp_path / "j", "--by", "question", "--format", "svg").stdout)
    places = [float(each.attrib["cx"]) for each in picture.iterfind(".//{*}circle")]
    figures = [float(row["mean"]) for row in table(ask(tmp_path / "j", "--by", "question", "--format", "csv")).values()]
    share, score = places[0], places[1]
    assert figures[:2] == pytest.approx([0.5, 0.25])
    ends = [float(each.attrib["x"]) for each in picture.iterfind(".//{*}text[@text-anchor]")][:2]
    assert share == pytest.approx(sum(ends) / 2, abs=0.1)
    assert score == pytest.approx(ends[0] + (ends[1] - ends[0]) * (0.25 + 1) / 2, abs=0.1)


def test_a_difference_that_is_shown_as_0_has_no_minus(tmp_path: Path) -> None:
    for question, score in (("a", 0.0), ("b", -0.001)):
        kept(tmp_path / "j", "p1", question, score)
    text = ask(tmp_path / "j", "--compare", "p1").stdout
    assert "difference +0.00" in text
    assert "-0.00" not in text
    assert "n: windows" in text


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--compare", "p9"), 66),
        (("--by", "segment"), 66),
        (("--compare", "p1", "--by", "question"), 2),
        (("--compare", "p1", "--format", "html"), 2),
        (("--format", "svg"), 2),
    ],
)
def test_what_cannot_be_compared_is_refused(tmp_path: Path, words: tuple[str, ...], code: int) -> None:
    kept(tmp_path / "j", "p1", "a", 0.0)
    answer = ask(tmp_path / "j", *words)
    assert (answer.exit_code, answer.stdout) == (code, "")


def test_an_interval_covers_the_true_mean_about_as_often_as_it_says() -> None:
    random, hits, apart = np.random.default_rng(1), 0, 0
    for _ in range(60):
        one, other = random.normal(1.0, 1.0, 40), random.normal(0.0, 1.0, 40)
        found = estimate(one, np.ones(40))
        gap = difference((one, np.ones(40), 1), (other, np.ones(40), 1))
        assert found.low is not None
        assert found.high is not None
        assert gap.low is not None
        assert gap.high is not None
        hits += found.low < 1.0 < found.high
        apart += gap.low < 1.0 < gap.high
    assert 51 <= hits <= 60
    assert 51 <= apart <= 60
