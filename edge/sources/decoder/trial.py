"""What a decoder could do on this machine, tried in a process of its own: `python -m edge.sources.decoder.trial`."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from edge.sources.decoder.serving import confine

_ATTEMPTS: Final[Mapping[str, Callable[[], object]]] = MappingProxyType(
    {
        "files": lambda: os.open("/proc/self/stat", os.O_RDONLY),
        "sockets": socket.socket,
        "other processes": lambda: os.kill(os.getppid(), 0),
    }
)


def rights_left() -> tuple[str, ...]:
    """Return what a decoder could use here, as `files`; nothing, if all is well."""
    ended = subprocess.run([sys.executable, "-m", __name__], capture_output=True, text=True, timeout=60, check=True)
    return tuple(ended.stdout.splitlines())


def _succeeds(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    confine()
    for name in (name for name, attempt in _ATTEMPTS.items() if _succeeds(attempt)):
        print(name)
