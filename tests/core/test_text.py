import math

import pytest

from edge.core.rates import FrameRate
from edge.core.rounding import rounded
from edge.core.text import capitalised, natural_key, valid_text, visible


def test_numbers_in_names_count_as_numbers() -> None:
    names = ["frame10", "frame9", "10", "9", "Frame1", "frame9b", "frame"]
    assert sorted(names, key=natural_key) == ["9", "10", "Frame1", "frame", "frame9", "frame9b", "frame10"]


def test_a_key_has_a_pair_for_every_part() -> None:
    assert natural_key("a10") == [(-1, "a"), (10, ""), (-1, "")]


def test_a_name_begins_a_sentence() -> None:
    assert capitalised("camera of Bob") == "Camera of Bob"
    assert capitalised("") == ""


def test_a_name_with_any_bytes_can_be_shown() -> None:
    assert valid_text("é.mp4") == "é.mp4"
    assert valid_text(b"caf\xe9.mp4".decode("utf-8", "surrogateescape")) == "caf\\xe9.mp4"


def test_a_rate_is_of_the_last_second() -> None:
    rate = FrameRate()
    assert math.isnan(rate.rate_fps(0.0))
    assert math.isnan(rate.count(10.0))
    for tick in range(1, 21):
        counted = rate.count(10.0 + tick / 4)
    assert counted == 4.0
    assert math.isnan(rate.count(18.0))  # nothing in the second before
    rate.clear()
    assert math.isnan(rate.count(18.5))


@pytest.mark.parametrize(
    ("figure", "shown"), [(None, None), (0.123456, 0.1235), (2, 2), (-0.00001, 0.0), (math.nan, None), (math.inf, None)]
)
def test_an_absent_figure_stays_absent(figure: float | None, shown: float | None) -> None:
    assert repr(rounded(figure)) == repr(shown)  # -0.0 equals 0.0


def test_a_frame_a_second_ago_still_counts_and_an_older_one_does_not() -> None:
    rate = FrameRate(over_s=2.0)
    rate.count(10.0)
    rate.count(11.0)
    assert rate.rate_fps(12.0) == 0.5  # one interval over the two seconds since the first
    assert rate.rate_fps(12.5) == 0.0  # the first is too old, and after the second nothing came


def test_the_window_is_a_second_where_nothing_else_is_said() -> None:
    rate = FrameRate()
    rate.count(0.0)
    rate.count(0.5)
    assert rate.rate_fps(1.0) == 1.0
    assert rate.rate_fps(1.25) == 0.0


@pytest.mark.parametrize(
    ("name", "shown"),
    [("smile é", "smile é"), ("\x1b[31mred", "\\x1b[31mred"), ("a\nb\tc", "a\\nb\\tc"), ("\u202eevil", "\\u202eevil")],
)
def test_a_name_moves_no_terminal(name: str, shown: str) -> None:
    assert valid_text(name) == shown
    assert visible("one\ntwo") == "one\ntwo"  # the lines of a message stay
