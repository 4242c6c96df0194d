"""Short texts: names of files in order, at the beginning of a sentence, and with every byte shown."""

import re
from typing import Any


def natural_key(text: str) -> list[tuple[int, str]]:
    """Return a sorting key that puts `frame9` before `frame10`.

    Args:
        text: ASCII digits in it are compared as numbers, everything else letter by letter.

    Returns:
        Pairs of a number and a text; where there is text, the number is -1.
    """
    parts = re.split(r"([0-9]+)", text)
    return [(-1, part) if odd % 2 == 0 else (int(part), "") for odd, part in enumerate(parts)]


def capitalised(name: str) -> str:
    """Return `name` with a capital first letter and the rest as it is, as at the beginning of a sentence."""
    return name[:1].upper() + name[1:]


def valid_text(name: str) -> str:
    """Return a file's name as text that can be stored and shown: bytes that are no UTF-8, and what `visible` names."""
    return visible(name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")).replace("\n", "\\n")


def visible(text: str) -> str:
    """Return the text with each character that a terminal would obey, or not show, as its code: `\\x1b`."""
    if text.isprintable():
        return text
    shown = (one if one.isprintable() or one == "\n" else one.encode("unicode_escape").decode() for one in text)
    return "".join(shown)


def safe_cell(cell: Any) -> Any:
    """Return a cell; text that begins with = + - @ tab or CR gets an apostrophe in front (OWASP ASVS 5.0, 1.2.10)."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
