"""Small files that decide who can read what: named by path or as a systemd credential, and read only if safe."""

import errno
import os
import re
import stat
from pathlib import Path
from typing import Final

from edge.core.errors import BadConfiguration
from edge.host.private_files import another_users, refuse_unsafe

_CREDENTIAL: Final = re.compile(r"[A-Za-z0-9_.@:-]{1,255}")
_MOST_BYTES: Final = 2**16
# systemd grants a service its credentials by an access list, whose mask looks like the group's permission to read.
_SECRET, _SECRET_CREDENTIAL, _PUBLIC = 0o077, 0o037, 0o022  # permissions that nobody else may have


def read_trusted(name: str, what: str, *, secret: bool) -> tuple[Path, str]:
    """A file and its text: `name` is a path, or, without a slash where systemd passed some, that of a credential.

    `what` says what is in it, for people. Raises BadConfiguration where it is absent, larger than 64 KiB, no text, a
    symbolic link, or where another user could have changed it, or read it although it is `secret`.
    """
    path, credential = _place(name, what)
    if not secret and not credential:
        _refuse_open_folder(path)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        said = "it is a symbolic link" if error.errno == errno.ELOOP else os.strerror(error.errno or 0)
        raise BadConfiguration(f"The {what}s in {path} cannot be read: {said}.", fix="Name the file itself.") from None
    try:
        seen = os.fstat(descriptor)
        if not stat.S_ISREG(seen.st_mode):
            raise BadConfiguration(f"{path} is not a file.", fix=f"Name a file of {what}s.")
        if not secret and seen.st_uid not in (os.geteuid(), 0):
            raise another_users(path)
        if seen.st_mode & ((_SECRET_CREDENTIAL if credential else _SECRET) if secret else _PUBLIC):
            raise BadConfiguration(
                f"Others may {'read' if secret else 'change'} {path}.",
                fix=f"Run chmod {'600' if secret else 'go-w'} {path}, and see that its {what}s are still yours.",
            )
        try:
            text = os.read(descriptor, _MOST_BYTES + 1).decode()
        except (OSError, UnicodeDecodeError):
            text = "\0"
    finally:
        os.close(descriptor)
    if len(text) > _MOST_BYTES or "\0" in text:
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
    """Whoever may put another file in the place of this one decides who can read."""
    refuse_unsafe(path)
    try:
        mode = path.parent.stat().st_mode
    except OSError:
        return  # opening the file says it
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        raise BadConfiguration(f"Anybody may change the folder {path.parent}.", fix=f"Run chmod o-w {path.parent}.")
