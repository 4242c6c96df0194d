"""The instructions that filters of system calls are made of; see linux/filter.h and linux/seccomp.h.

A filter reads the number of a call and its arguments, of which it takes the low halves: both machines that have a
filter here are little-endian, and the kernel looks at no more of what is compared here.
"""

import errno
from collections.abc import Iterator
from typing import Final

Instruction = tuple[int, int, int, int]  # code, steps to jump where true, where false, constant
Test = tuple[int, int, int]  # of one argument: its number, IF_..., constant

IF_EQUAL: Final = 0x15
IF_AT_LEAST: Final = 0x35
IF_ANY_BIT: Final = 0x45

ALLOW: Final = 0x7FFF0000
_ERROR: Final = 0x00050000
NOT_PERMITTED: Final = _ERROR | errno.EPERM
NO_ACCESS: Final = _ERROR | errno.EACCES  # what socket(2) names for it
UNKNOWN: Final = _ERROR | errno.ENOSYS

_LOAD: Final = 0x20  # a word of struct seccomp_data, by its offset
_RETURN: Final = 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16


def answer(verdict: int) -> Instruction:
    """End with a verdict: ALLOW, or an error that the caller receives."""
    return (_RETURN, 0, 0, verdict)


def beginning(architecture: int, refusal: int) -> tuple[Instruction, ...]:
    """Refuse calls of every other architecture, and load the number of the call, which the next steps compare."""
    return (_LOAD, 0, 0, _ARCHITECTURE), (IF_EQUAL, 1, 0, architecture), answer(refusal), (_LOAD, 0, 0, _NUMBER)


def when(test: int, constant: int, verdict: int) -> tuple[Instruction, ...]:
    """Answer where what is loaded passes a test; the steps that follow are for the others."""
    return (test, 0, 1, constant), answer(verdict)


def only_with(number: int, *allowed: tuple[Test, ...], refusal: int) -> Iterator[Instruction]:
    """Allow a call whose arguments pass all tests of one of several sets, and refuse it otherwise.

    Args:
        number: That of the call; other calls go on behind these steps.
        allowed: The sets.
        refusal: The answer where none of them fits.
    """
    sets = [[*_each(tests)] for tests in allowed]
    yield (IF_EQUAL, 0, sum(map(len, sets)) + 1, number)
    for steps in sets:
        yield from steps
    yield answer(refusal)


def _each(tests: tuple[Test, ...]) -> Iterator[Instruction]:
    """Allow where all tests are passed; the steps that follow are for the others."""
    for left, (argument, test, constant) in zip(range(len(tests) - 1, -1, -1), tests, strict=True):
        yield (_LOAD, 0, 0, _ARGUMENTS + 8 * argument)
        yield (test, 0, 2 * left + 1, constant)
    yield answer(ALLOW)
