"""The addresses of a stream's server, asked for once: a process that only connects cannot ask any more."""

import encodings.idna  # here: it cannot be imported later
import socket
from contextlib import closing, suppress
from typing import Any, Final
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import getproxies, proxy_bypass

_ANY_PORT: Final = 0
assert encodings.idna


class NotResolved(socket.gaierror):
    """A name that was not asked for before."""


def resolve(url: str) -> None:
    """Look up the host of an URL, and the proxies of HTTP that the environment names; from now on no other name.

    Python's `socket.getaddrinfo` answers with what was found then. C code asks the system still.
    """
    known = {}
    for host in _hosts(url):
        with suppress(OSError, UnicodeError):  # what is not found now is reported where it is needed
            known[host] = socket.getaddrinfo(host, _ANY_PORT, type=socket.SOCK_STREAM)

    def answer(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        if (found := known.get(_plain(host))) is None:
            raise NotResolved(socket.EAI_NONAME, "not looked up")
        return [(*kind, (address[0], port, *address[2:])) for *kind, address in found]

    socket.getaddrinfo = answer  # type: ignore[assignment]


def numeric(url: str, stall_s: float, usual_port: int) -> str:
    """Return an URL of a host that was looked up with the address in place of the name, so that C code need not ask.

    Of several addresses the first one that accepts a connection is taken.

    Args:
        url: The URL.
        stall_s: Seconds after which an address is given up.
        usual_port: The port where the URL names none.

    Raises:
        OSError: None accepts.
    """
    parts = urlsplit(url)
    with closing(socket.create_connection((parts.hostname or "", parts.port or usual_port), stall_s)) as found:
        address = found.getpeername()[0]
    user, at, _ = parts.netloc.rpartition("@")
    port = f":{parts.port}" if parts.port else ""
    place = f"[{address}]" if ":" in address else address
    return urlunsplit(parts._replace(netloc=f"{user}{at}{place}{port}"))


def _hosts(url: str) -> set[str]:
    parts = urlsplit(url)
    found = {_plain(parts.hostname or "")}
    if parts.scheme.startswith("http") and not proxy_bypass(parts.netloc.rpartition("@")[2]):
        proxies = (proxy if "//" in proxy else f"//{proxy}" for proxy in getproxies().values())
        found |= {_plain(urlsplit(proxy).hostname or "") for proxy in proxies}
    return found - {""}


def _plain(host: str) -> str:
    return unquote(host).strip("[]").lower()
