"""Small files that decide who can read what: named by path or as a systemd credential, and read only if safe."""

import os
import re
import stat
from pathlib import Path
from typing import Final

from edge.core.errors import BadConfiguration
from edge.host.files.private_files import another_users, refuse_unsafe
from edge.host.files.small_files import UnfitFile, read_small

_CREDENTIAL: Final = re.compile(r"[A-Za-z0-9_.@:-]{1,255}")
# systemd grants a service its credentials by an access list, whose mask looks like the group's permission to read.
_SECRET, _SECRET_CREDENTIAL, _PUBLIC = 0o077, 0o037, 0o022  # permissions that no other user may have


def read_trusted(name: str, what: str, *, secret: bool) -> tuple[Path, str]:
    """Read a file of keys or recipients, if no other user decides what is in it.

    Args:
        name: A path, or the name of a systemd credential: one without a slash, where systemd passed some.
        what: What the file holds, for messages, as `recipient`.
        secret: Whether others must not be able to read it.

    Returns:
        The file's path and its text.

    Raises:
        BadConfiguration: It is absent, a symbolic link, larger than 64 KiB or no text; or another user could have
            changed it, or read it although it is secret.
    """
    path, credential = _place(name, what)
    if not secret and not credential:
        _refuse_open_folder(path)
    try:
        file = read_small(path)
    except FileNotFoundError:
        raise BadConfiguration(f"{path} cannot be read: No such file.", fix=f"Name a file of {what}s.") from None
    except UnfitFile as error:
        raise BadConfiguration(f"{path} {error}.", fix=f"Name a file of {what}s itself.") from None
    if not secret and file.status.st_uid not in (os.geteuid(), 0):
        raise another_users(path)
    if file.status.st_mode & ((_SECRET_CREDENTIAL if credential else _SECRET) if secret else _PUBLIC):
        raise BadConfiguration(
            f"Others may {'read' if secret else 'change'} {path}.",
            fix=f"Run chmod {'600' if secret else 'go-w'} {path}, and check that its {what}s are still yours.",
        )
    try:
        text = file.content.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise BadConfiguration(f"{path} is no file of {what}s.", fix=f"Name a text file with a {what} a line.")
    return path, text


def _place(name: str, what: str) -> tuple[Path, bool]:
    """Where the file lies, and whether it is a credential."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    if "/" in name or (not folder and os.path.lexists(name)):
        return Path(name), False
    if not _CREDENTIAL.fullmatch(name) or name in (".", ".."):
        raise BadConfiguration(f"{name[:80]!a} is no {what} and no file of one.", fix=f"Name a {what} or its file.")
    if not folder:
        raise BadConfiguration(
            f"There is no file {name} here, and systemd passed no credential of that name.",
            fix=f"Name the {what}'s file, or add LoadCredential={name}:FILE to the unit.",
        )
    return Path(folder) / name, True


def _refuse_open_folder(path: Path) -> None:
    """Raise BadConfiguration where another user could put another file in the place of `path`."""
    refuse_unsafe(path)
    try:
        mode = path.parent.stat().st_mode
    except OSError:
        return  # opening the file raises it
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        raise BadConfiguration(f"Every user may change the folder {path.parent}.", fix=f"Run chmod o-w {path.parent}.")
