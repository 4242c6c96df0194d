"""Sealing: texts are encrypted to a public key and decrypted by the secret one; the only file that imports age.

What is sealed is an ordinary age file in ASCII armour (https://age-encryption.org/v1), which `age -d` opens too.
"""

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final, Protocol, Self

from edge.core.errors import BadConfiguration, CannotWrite
from edge.core.summaries import Sealed, Summary, as_json, from_json
from edge.host.files.private_files import cannot_write
from edge.host.files.trusted_files import read_trusted

_SECRET: Final = "age-secret-key-"
_PUBLIC: Final = "age1"
_PADDED: Final = 2048  # bytes, more than any summary has: a sealed text's length must not tell whether there was a face
_FORMS: Final = (b"age-encryption.org/", b"-----BEGIN AGE ENCRYPTED FILE-----")  # how an age file begins


class AnotherKey(Exception):
    """It is sealed to another key, or the part that names the key was changed."""


class Broken(Exception):
    """It was changed since it was sealed."""


class Writer(Protocol):
    """A stream of bytes to write to."""

    def write(self, some: bytes, /) -> int:
        """Write bytes; return how many."""
        ...


class Seal:
    """Encrypts texts so that each of its recipients can decrypt them; it cannot decrypt them itself."""

    def __init__(self, recipients: Sequence[Any]) -> None:
        self._recipients = list(recipients)

    @classmethod
    def to(cls, named: Sequence[str]) -> Self:
        """Return the seal for some recipients.

        Args:
            named: Recipients (`age1...`), files of them, or names of systemd credentials that hold them.

        Raises:
            BadConfiguration: One of them is not usable, or there is none.
        """
        if not named:
            raise BadConfiguration("There is no recipient to seal to.", fix="Name a recipient, age1...")
        return cls([one for name in named for one in _recipients(name.strip())])

    def close(self, text: str) -> str:
        """Return a text as an age file in ASCII armour.

        Raises:
            CannotWrite: It cannot be sealed.
        """
        age = _age()
        try:
            return str(age.encrypt(text.encode(), self._recipients, armored=True), "ascii")
        except age.EncryptError as error:
            raise CannotWrite(f"A summary was not sealed: {error}.", fix="Nothing of it was written.") from error

    def close_stream(self, plain: IO[bytes], out: Writer) -> None:
        """Seal a stream of any length in bounded memory; see `close`."""
        _age().encrypt_io(plain, out, self._recipients, armored=True)


class Keys:
    """Secret keys; they open what was sealed to any of them."""

    def __init__(self, identities: Sequence[Any]) -> None:
        self._identities = list(identities)

    @classmethod
    def of(cls, named: Sequence[str]) -> Self:
        """Return the keys in some files.

        Args:
            named: Files that no other user may read, or names of systemd credentials.

        Raises:
            BadConfiguration: One of them is not usable.
        """
        return cls([one for name in named for one in _identities(name.strip())])

    def open(self, sealed: str | bytes) -> bytes:
        """Return what was sealed.

        Raises:
            AnotherKey: None of the keys opens it.
            Broken: It was changed.
        """
        age = _age()
        try:
            return bytes(age.decrypt(sealed.encode() if isinstance(sealed, str) else sealed, self._identities))
        except age.DecryptError as error:
            if "no matching keys" in str(error).lower():
                raise AnotherKey from error
            raise Broken from error


def is_sealed(beginning: bytes) -> bool:
    """Return whether a file that begins like this is an age file."""
    return beginning.startswith(_FORMS)


def seal_summary(summary: Summary, seal: Seal, session_id: int | None = None) -> Sealed:
    """Seal a summary. Its place is part of the sealed text, so that it cannot be put in the place of another.

    Args:
        summary: The summary.
        seal: Seals it.
        session_id: The session's number in a journal; None in JSON lines.
    """
    text = json.dumps(as_json(summary) | {"session_id": session_id}, separators=(",", ":"))
    return Sealed(
        kind=summary.kind,
        session=summary.session,
        sequence=summary.sequence,
        started_at=summary.started_at,
        length_s=summary.length_s,
        started_tick_s=summary.started_tick_s,
        ended_tick_s=summary.ended_tick_s,
        sealed=seal.close(text.ljust(-len(text.encode()) % _PADDED + len(text))),
    )


def open_summary(sealed: Sealed, keys: Keys, session_id: int | None = None) -> Summary:
    """Return the summary that was sealed, with the date that was corrected since.

    Args:
        sealed: The sealed summary.
        keys: The keys to open it with.
        session_id: As for `seal_summary`.

    Raises:
        AnotherKey: None of the keys opens it.
        Broken: It was changed, or stands in another place.
    """
    try:
        values = json.loads(keys.open(sealed.sealed))
        summary = from_json(values)
        place = (values["session_id"], summary.kind, summary.session, summary.sequence, summary.length_s)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Broken from error
    if place != (session_id, sealed.kind, sealed.session, sealed.sequence, round(sealed.length_s, 6)):
        raise Broken
    return replace(summary, started_at=sealed.started_at)


def new_key(path: Path) -> str:
    """Make a key in a new file that its owner alone may read.

    Returns:
        The recipient to seal to.

    Raises:
        CannotWrite: The file exists, or cannot be written.
    """
    identity = _age().x25519.Identity.generate()
    recipient = str(identity.to_public())
    text = f"# created: {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}\n# public key: {recipient}\n{identity}\n"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # follows no link
    except FileExistsError as error:
        raise CannotWrite(f"{path} is there already.", fix="Name a new file; no key is ever written over.") from error
    except OSError as error:
        raise cannot_write(path, error) from error
    try:
        with open(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        with suppress(OSError):
            path.unlink()
        raise cannot_write(path, error) from error
    return recipient


def _age() -> Any:
    """The library; it is looked for only where something is sealed."""
    try:
        import pyrage
    except ImportError as error:
        raise BadConfiguration(
            "Nothing can be sealed or opened here: the package pyrage is missing.",
            fix="Install edge-expressiveness again.",
        ) from error
    return pyrage


def _recipients(name: str) -> list[Any]:
    parse = _age().x25519.Recipient.from_str
    if name.lower().startswith(_SECRET):
        raise BadConfiguration(
            "A secret key was given to seal to.", fix="Give its recipient, age1..., and keep the key."
        )
    if name.startswith(_PUBLIC):
        return [_parsed(parse, name, f"{name[:80]} is no recipient.")]
    return _in_file(name, parse, "recipient", secret=False)


def _identities(name: str) -> list[Any]:
    if name.lower().startswith(_SECRET):
        raise BadConfiguration(
            "A secret key in a command can be seen by other programs.", fix="Put it into a file and name that."
        )
    return _in_file(name, _age().x25519.Identity.from_str, "key", secret=True)


def _in_file(name: str, parse: Any, what: str, *, secret: bool) -> list[Any]:
    path, text = read_trusted(name, what, secret=secret)
    lines = [line.strip() for line in text.splitlines()]
    found = [
        _parsed(parse, line, f"Line {number} of {path} is no {what} of age.")
        for number, line in enumerate(lines, start=1)
        if line and not line.startswith("#")
    ]
    if not found:
        raise BadConfiguration(f"{path} holds no {what}.", fix="Make a key with edge-keys new.")
    return found


def _parsed(parse: Any, text: str, wrong: str) -> Any:
    """Without the text itself in the message where it comes from a file: it may be a secret."""
    age = _age()
    try:
        return parse(text)
    except (age.RecipientError, age.IdentityError) as error:
        raise BadConfiguration(wrong, fix="Correct it; edge-keys new makes a good one.") from error
