"""Columns of tidy tables: the name, type and meaning of each, in one place for files and for docs/columns.md."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

SCHEMA_VERSION: Final = 1
"""Rises where a column is renamed, removed or means something else; further columns do not count."""


class Type(StrEnum):
    """What the cells of a column hold."""

    TEXT = "text"
    WHOLE = "whole number"
    NUMBER = "number"
    TRUTH = "true or false"
    DATE = "date, UTC"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table. A cell is None where its value is unknown or was not measured."""

    name: str  # with the unit, as `length_s`; `_share` is 0 to 1
    type: Type
    meaning: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table: what a row of it is, and its columns."""

    name: str
    row: str
    columns: Sequence[Column]


def texts(*described: tuple[str, str]) -> list[Column]:
    """Return columns of text, from names and meanings."""
    return [Column(name, Type.TEXT, meaning) for name, meaning in described]


def whole(*described: tuple[str, str]) -> list[Column]:
    """Return columns of whole numbers, from names and meanings."""
    return [Column(name, Type.WHOLE, meaning) for name, meaning in described]


def numbers(*described: tuple[str, str]) -> list[Column]:
    """Return columns of numbers, from names and meanings."""
    return [Column(name, Type.NUMBER, meaning) for name, meaning in described]


SUBJECT: Final = texts(
    ("recording", "the recording's file, from the folder that was given; of a live source its name"),
    ("participant", "whom the session is about, as it was given"),
    ("question", "the question or task, as it was given"),
    ("segment", "the segment's name; of a window, that of the segment in which it begins"),
)
"""What a row is about: the first columns of every table."""

VERSION: Final = Column("schema_version", Type.WHOLE, f"the version of these columns, now {SCHEMA_VERSION}")
