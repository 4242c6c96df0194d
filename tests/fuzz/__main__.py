"""Damages samples of everything that is read, for so many minutes, and reports what ends in anything but a sentence.

    python -m tests.fuzz [--minutes M] [NAME...]

Hypothesis makes the damage and shrinks what fails; its seed is printed with each failure. Exit code 1 where one failed.
"""

import argparse
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from edge.core.errors import EdgeError

from .targets import TARGETS, Target

_BATCH: Final = 200  # examples that one seed makes
_SLOW_S: Final = 5.0
_MEMORY_BYTES: Final = 4 * 2**30
_ODD: Final = (b"", b"\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xc3\x28", b"1e999", b"NaN", b"[" * 2000, b'"\n')


@dataclass(slots=True)
class Tally:
    """What came of a target's inputs."""

    inputs: int = 0
    refused: int = 0
    slowest_s: float = 0.0
    failures: Counter[str] = field(default_factory=Counter)


def damaged(samples: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Samples with one to six accidents, and now and then bytes of any kind."""
    cut = st.tuples(st.floats(0, 1), st.integers(0, 300), st.one_of(st.sampled_from(_ODD), st.binary(max_size=40)))

    def accident(sample: bytes, cuts: list[tuple[float, int, bytes]]) -> bytes:
        for place, length, content in cuts:
            at = int(place * len(sample))
            sample = sample[:at] + content + sample[at + length :]
        return sample

    whole = st.builds(accident, st.sampled_from(samples), st.lists(cut, min_size=1, max_size=6))
    return st.one_of(whole, whole, whole, st.binary(max_size=2000))


def fuzz(target: Target, tally: Tally, number: int, examples: int = _BATCH) -> None:
    """Read so many damaged samples.

    Raises:
        Exception: The first that a smallest input raised and that is no sentence for the user.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / target.file

        @seed(number)
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=[*HealthCheck],
        )
        @given(damaged(target.samples()))
        def read(content: bytes) -> None:
            path.write_bytes(content)
            path.chmod(0o600)
            began_s = time.monotonic()
            try:
                target.read(path)
            except EdgeError:
                tally.refused += 1
            took_s = time.monotonic() - began_s
            tally.inputs += 1
            tally.slowest_s = max(tally.slowest_s, took_s)
            assert took_s < _SLOW_S, f"it took {took_s:.1f} s"

        read()


def main() -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="targets whose names begin so; all by default")
    parser.add_argument("--minutes", type=float, default=2.0)
    words = parser.parse_args()
    chosen = [one for one in TARGETS if not words.names or one.name.startswith(tuple(words.names))]
    if not chosen:
        parser.error(f"there are {', '.join(one.name for one in TARGETS)}")
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY_BYTES, _MEMORY_BYTES))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what libraries say about damage
    rows = [_for_a_time(target, words.minutes * 60 / len(chosen)) for target in chosen]
    print("\n| parser | inputs | refused in a sentence | read | slowest | failures |", "| --- " * 6 + "|", sep="\n")
    for target, tally in zip(chosen, rows, strict=True):
        read = tally.inputs - tally.refused
        figures = f"{tally.inputs:,} | {tally.refused:,} | {read:,} | {tally.slowest_s * 1000:.0f} ms"
        print(f"| {target.name} | {figures} | {len(tally.failures)} |")
    return 1 if any(tally.failures for tally in rows) else 0


def _for_a_time(target: Target, seconds: float) -> Tally:
    tally, ends_s = Tally(), time.monotonic() + seconds
    while time.monotonic() < ends_s:
        number = int.from_bytes(os.urandom(4))
        try:
            fuzz(target, tally, number)
        except Exception as error:
            kind = f"{type(error).__name__}: {error}".splitlines()[0][:200]
            if not tally.failures[kind]:
                print(f"{target.name}, seed {number}: {_place(error)} {kind}", flush=True)
            tally.failures[kind] += 1
    return tally


def _place(error: BaseException) -> str:
    """Where in this project an error was raised."""
    place, trace = "", error.__traceback__
    while trace is not None:
        code: Any = trace.tb_frame.f_code
        if "/edge/" in code.co_filename:
            place = f"{code.co_filename.rpartition('/edge/')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


if __name__ == "__main__":
    sys.exit(main())
