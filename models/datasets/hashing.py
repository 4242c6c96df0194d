"""SHA-256 of the files that a split was read from, for a model's card."""

from collections.abc import Iterable
from hashlib import file_digest, sha256
from pathlib import Path


def hash_of(file: Path) -> str:
    """The SHA-256 of one file."""
    with file.open("rb") as content:
        return file_digest(content, "sha256").hexdigest()


def hash_of_all(folder: Path, names: Iterable[str]) -> str:
    """One SHA-256 of many files below a folder: of their names and hashes, in the order of the names."""
    lines = (f"{hash_of(folder / name)}  {name}\n" for name in sorted(names))
    return sha256("".join(lines).encode()).hexdigest()
