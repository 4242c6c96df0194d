"""The notices that people agree to: one text a version, read once, so that what is hashed is what was shown."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from unicodedata import category

from edge.core.errors import BadConfiguration, UsageError
from edge.core.text import natural_key
from edge.host.files.small_files import UnfitFile, read_small

_VERSION: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,31}")
_TRANSLATED: Final = re.compile(r"(?P<original>.+)\.(?P<language>[a-z]{2})")


@dataclass(frozen=True, slots=True)
class Notice:
    """A text that people agree to."""

    version: str
    text: str
    sha256: str  # of the file's bytes


def shipped_notices() -> Path:
    """Return the folder of the notice that came with the installation."""
    return Path(__file__).resolve().parent / "texts"


def read_notice(folder: Path, version: str) -> Notice:
    """Read the notice in `folder`/`version`.txt.

    Raises:
        UsageError: There is no such version.
        BadConfiguration: The file cannot be shown: it may not be read, is not UTF-8, is empty, is larger than 64 KiB,
            or has control characters, which would steer a terminal.
    """
    place = folder / f"{version}.txt"
    if not _VERSION.fullmatch(version) or not os.path.lexists(place):
        known = ", ".join(versions(folder)) or "none"
        raise UsageError(f"There is no notice {version[:40]!a} in {folder}.", fix=f"There are: {known}.")
    try:
        content = read_small(place, follow_link=True).content
    except FileNotFoundError:
        raise _unfit(place, "is a link to no file") from None
    except UnfitFile as error:
        raise _unfit(place, str(error)) from error
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise _unfit(place, "is not UTF-8") from None
    if not text.strip():
        raise _unfit(place, "is empty")
    if steers := {each for each in text if category(each) == "Cc"} - {"\n", "\t"}:
        raise _unfit(place, f"holds {min(steers)!a}, which would steer a terminal")
    return Notice(version, text, hashlib.sha256(content).hexdigest())


def newest_notice(folder: Path, language: str | None = None) -> Notice:
    """Read the notice whose version is the last in order, 10 after 9; raises as `read_notice` does.

    Args:
        folder: Where the notices are. `2.de.txt` is `2.txt` in German, and `2.de` a version with bytes of its own.
        language: Two letters; where there is no such translation, and for None, the original is read.
    """
    known = versions(folder)
    originals = [version for version in known if _original(version, known) is None]
    if not originals:
        raise BadConfiguration(
            f"There is no notice in {folder}.", fix="Write one, for example 1.txt, or name a folder."
        )
    translated = f"{originals[-1]}.{language}"
    return read_notice(folder, translated if translated in known else originals[-1])


def languages(folder: Path) -> list[str]:
    """Return the languages into which the newest notice is translated."""
    known = versions(folder)
    originals = [version for version in known if _original(version, known) is None]
    return [version[-2:] for version in known if _original(version, known) in originals[-1:]]


def versions(folder: Path) -> list[str]:
    """Return the versions of the notices in a folder, in order."""
    try:
        found = [name.removesuffix(".txt") for name in os.listdir(folder) if name.endswith(".txt")]
    except OSError:
        return []
    return sorted(filter(_VERSION.fullmatch, found), key=_version_key)


def _original(version: str, known: list[str]) -> str | None:
    """The version of which this one is a translation; None where it is none."""
    found = _TRANSLATED.fullmatch(version)
    return found["original"] if found and found["original"] in known else None


def _version_key(version: str) -> list[tuple[int, str]]:
    """As `natural_key`, but a version that begins with a letter comes before those that begin with a number."""
    return [part for part in natural_key(version) if part != (-1, "")]


def _unfit(place: Path, why: str) -> BadConfiguration:
    return BadConfiguration(f"The notice {place} {why}.", fix="Correct the file, or name another version.")
