"""Recordings in an object store, by URL; the only file that knows fsspec."""

from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from edge.core.errors import BadConfiguration, EdgeError, SourceNotFound, UsageError

_VERSIONS: Final = ("ETag", "Content-MD5", "Last-Modified", "LastModified")


class StoredRecording:
    """A recording by its URL.

    Args:
        url: Of a protocol that fsspec knows, such as http or s3.
        stalls_s: A server that sends nothing for so many seconds has failed; of http alone.

    Raises:
        EdgeError: There is no such protocol or recording, or its package is missing.
    """

    def __init__(self, url: str, stalls_s: float) -> None:
        import fsspec

        self._shown = without_secrets(url)
        options: dict[str, Any] = {}
        if urlsplit(url).scheme in ("http", "https"):
            from aiohttp import ClientTimeout

            timeout = ClientTimeout(total=None, sock_connect=stalls_s, sock_read=stalls_s)
            options = {"client_kwargs": {"timeout": timeout}}
        try:
            self._files, self._name = fsspec.url_to_fs(url, **options)
            self._info = self._files.info(self._name)
        except Exception as error:
            raise self._refused(error) from error

    @property
    def version(self) -> str | None:
        """What is another text where the content is another, without reading it; None: the store says nothing."""
        found = [str(self._info[name]) for name in _VERSIONS if self._info.get(name)]
        return f"{self._shown} {self._info.get('size')} {found[0]}" if found else None

    def copy(self, folder: Path, read: Callable[[], None]) -> Path:
        """Copy it to a folder, under its own name.

        Args:
            folder: Where to.
            read: Called after each piece.

        Raises:
            EdgeError: It cannot be read.
        """
        from fsspec import Callback

        path = folder / (PurePosixPath(urlsplit(self._shown).path).name or "recording")
        try:
            self._files.get_file(self._name, str(path), callback=Callback(hooks={"read": lambda *_, **__: read()}))
        except Exception as error:
            raise self._refused(error) from error
        return path

    def _refused(self, error: Exception) -> EdgeError:
        match error:
            case FileNotFoundError():
                return SourceNotFound(f"{self._shown} does not exist.", fix="Check its address.")
            case ImportError():
                return BadConfiguration(
                    f"{self._shown} needs a package that is not installed: {error}.", fix="Install it on every worker."
                )
            case ValueError():
                return UsageError(f"{self._shown} is no address of a recording: {error}.", fix="Use http or s3.")
            case _:
                reason = str(error) or type(error).__name__
                return SourceNotFound(f"{self._shown} cannot be read: {reason}.", fix="See that workers may read it.")


def without_secrets(url: str) -> str:
    """Return a URL without the user, the password and what follows a question mark, where signatures stand."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
