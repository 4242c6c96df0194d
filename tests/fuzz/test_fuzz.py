"""Damaged files of every kind end in a sentence; for minutes by `python -m tests.fuzz --minutes 5`."""

import pytest

from .__main__ import Tally, fuzz
from .targets import TARGETS, Target


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_damage_ends_in_a_sentence_or_is_read(target: Target) -> None:
    tally = Tally()
    fuzz(target, tally, number=1, examples=15)
    assert tally.inputs >= 15


def test_what_ends_otherwise_is_noticed() -> None:
    wrong = Target("wrong", "file", lambda: [b"sound"], lambda path: path.read_bytes().decode())
    with pytest.raises(UnicodeDecodeError):
        fuzz(wrong, Tally(), number=1, examples=200)
