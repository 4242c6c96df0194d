"""The page of a booth is reachable from this machine alone; the process that serves it opens no camera."""

import subprocess
import sys

import pytest

from edge.screen.serve import listening

# Passes a socket as systemd does, as descriptor 3, and prints whether it is taken.
_HANDED_OVER = """
import os, socket, sys
from edge.core.errors import BadConfiguration
from edge.screen.serve import listening
passed = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
passed.bind((sys.argv[1], 0))
passed.listen()
os.dup2(passed.fileno(), 3)
try:
    print(listening(0, {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}).getsockname()[0])
except BadConfiguration as error:
    print(error.happened)
"""


def test_it_listens_on_this_machines_own_address() -> None:
    with listening(0, {}) as own:
        assert own.getsockname()[0] == "127.0.0.1"


@pytest.mark.parametrize(
    ("address", "said"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "The socket that was handed over is not on this machine's own address.")],
)
def test_a_socket_that_other_machines_reach_is_refused(address: str, said: str) -> None:
    words = [sys.executable, "-c", _HANDED_OVER, address]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip() == said
