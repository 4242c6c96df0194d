"""The first sentence of a report: what it says of shares."""

from dataclasses import replace

import pytest

from edge.core.labels import LEVELS
from edge.core.summaries import Summary
from edge.report.verdict import sentence
from tests.fakes import Memory, Recording, observe, record


@pytest.fixture(scope="module")
def summary() -> Summary:
    from threading import Event

    memory = Memory()
    record("kim", Recording([tick / 10 for tick in range(20)]), observe, memory, stop=Event(), window_s=10.0)
    return memory.session


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ((0.0, 0.26, 0.74), "Mostly expressive: more than seven of ten seconds."),
        ((0.0, 0.30, 0.70), "Mostly expressive: about seven of ten seconds."),
        ((0.0, 0.325, 0.675), "Mostly expressive: about seven of ten seconds."),
        ((0.66, 0.24, 0.10), "Mostly reserved: more than six of ten seconds."),
        ((0.52, 0.01, 0.47), "Mixed: reserved in about five of ten seconds, expressive in about five."),
        ((0.02, 0.97, 0.01), "Balanced nearly all the time."),
        (
            (0.34, 0.33, 0.33),
            "Mixed: reserved in about three of ten seconds, expressive in about three, balanced in about three.",
        ),
    ],
)
def test_shares_become_words(summary: Summary, shares: tuple[float, ...], said: str) -> None:
    assert sentence(replace(summary, levels=dict(zip(LEVELS, shares, strict=True)))) == said


@pytest.mark.parametrize(("readable", "number"), [(0.5, "five"), (0.31, "three"), (0.01, "one")])
def test_little_readable_time_is_said(summary: Summary, readable: float, number: str) -> None:
    said = sentence(replace(summary, readable_share=readable))
    assert said == f"Expressive nearly all the time. A face could be read in only {number} of ten seconds."


def test_nothing_readable_is_no_level(summary: Summary) -> None:
    assert sentence(replace(summary, readable_share=0.0, levels=None)) == "No face could be read."
