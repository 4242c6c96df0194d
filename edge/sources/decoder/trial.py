"""What a decoder could do on this machine, tried in a process of its own: `python -m edge.sources.decoder.trial`."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from edge.host.allow_list import allow_connecting
from edge.sources.decoder.serving import confine

_Attempts = Mapping[str, Callable[[], object]]
_EITHER: Final[_Attempts] = {
    "files": lambda: os.open("/proc/self/stat", os.O_RDONLY),
    "other processes": lambda: os.kill(os.getppid(), 0),
}
_OF_A_STREAM: Final[_Attempts] = {
    **_EITHER,
    "sockets that are not for TCP": lambda: socket.socket(type=socket.SOCK_DGRAM),
    "connections from elsewhere": lambda: socket.create_server(("127.0.0.1", 0)),
}
_OF_A_RECORDING: Final[_Attempts] = {**_EITHER, "sockets": socket.socket}


def rights_left() -> tuple[str, ...]:
    """Return what a decoder of a stream or a recording could use here, as `files`; nothing, if all is well."""
    ended = subprocess.run([sys.executable, "-m", __name__], capture_output=True, text=True, timeout=60, check=True)
    return tuple(dict.fromkeys(ended.stdout.splitlines()))


def _succeeds(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        return False
    return True


def _try(attempts: _Attempts) -> None:
    for name in (name for name, attempt in attempts.items() if _succeeds(attempt)):
        print(name, flush=True)


if __name__ == "__main__":
    if os.fork() == 0:
        with suppress(OSError):  # no kernel for it
            allow_connecting()
        _try(_OF_A_STREAM)
        os._exit(0)
    os.wait()
    confine()
    _try(_OF_A_RECORDING)
