"""The processes that decode, found and counted."""

import os
from contextlib import suppress
from pathlib import Path

import pytest

from edge.sources.decoder import started
from tests.timing import eventually


def children(process: int) -> list[int]:
    """The processes that another one started."""
    try:
        return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except FileNotFoundError:
        pytest.skip("this kernel does not list children")


def new_server(*, network: bool = False) -> int:
    """A new process that splits off decoders for this test, in the place of former ones."""
    former = servers()
    started._forget()  # the former one ends, and those that it split off
    started.start(network=network)
    assert eventually(lambda: servers() - former)
    (own,) = servers() - former
    return own


def servers() -> set[int]:
    """The processes of this one that split off decoders."""
    found = set()
    for one in children(os.getpid()):
        with suppress(FileNotFoundError):  # it has just ended
            if b"decoder.server" in Path(f"/proc/{one}/cmdline").read_bytes():
                found.add(one)
    return found


def next_decoder(*, network: bool = False) -> int:
    """The process that will decode the next recording or stream: the only one that a new server has split off."""
    own = new_server(network=network)
    assert eventually(lambda: len(children(own)) == 1)
    return children(own)[0]
