"""Files of FER+ votes: `labels.csv`, or FER+'s own `fer2013new.csv`, by the number of the picture."""

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import SourceNotFound
from edge.evaluation.votes import VOTED

NAMES = ("labels.csv", "fer2013new.csv")


@dataclass(frozen=True, slots=True)
class VoteTable:
    """The votes of every row of a table, in VOTED's order."""

    path: Path
    rows: Mapping[int, tuple[float, ...]]

    def of_rows(self, rows: Iterable[int]) -> NDArray[np.float32]:
        """The votes (n, 10) of rows.

        Raises:
            SourceNotFound: The table lacks a row.
        """
        try:
            return np.array([self.rows[row] for row in rows], np.float32).reshape(-1, len(VOTED))
        except KeyError as missing:
            raise SourceNotFound(
                f"{self.path} has no row {missing}.", fix="Give the table that belongs to the pictures."
            ) from None

    def of_pictures(self, names: Iterable[str]) -> NDArray[np.float32]:
        """The votes (n, 10) of pictures named after their row, as in `test/happy/00312.png` or `fer0000312.png`.

        Raises:
            SourceNotFound: A name has no number, or the table lacks a row.
        """
        return self.of_rows(map(_row, names))


def table_beside(path: Path) -> Path | None:
    """The table of votes in the folder that holds `path`, or in `path` itself; None where there is none."""
    found = (folder / name for folder in (path, path.absolute().parent) for name in NAMES)
    return next((table for table in found if table.is_file()), None)


def read_votes(path: Path) -> VoteTable:
    """Read a table of votes: rows by its column `row`, else (`fer2013new.csv`) by their order, from 0.

    Raises:
        SourceNotFound: It is missing or lacks a column.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            return VoteTable(path, dict(_numbered(csv.DictReader(lines))))
    except (OSError, KeyError, TypeError, ValueError, csv.Error) as error:
        raise SourceNotFound(
            f"{path} is no table of votes: {type(error).__name__}: {error}.",
            fix=f"It needs the columns {', '.join(VOTED[:-1])}, and not_a_face or NF.",
        ) from None


def _numbered(lines: Iterable[Mapping[str, str]]) -> Iterable[tuple[int, tuple[float, ...]]]:
    for index, line in enumerate(lines):
        no_face = line["not_a_face"] if "not_a_face" in line else line["NF"]
        votes = (*(float(line[name]) for name in VOTED[:-1]), float(no_face))
        yield int(line.get("row", index)), votes


def _row(name: str) -> int:
    number = re.search(r"(\d+)$", PurePosixPath(name).stem)
    if number is None:
        raise SourceNotFound(
            f"{name} is not named after its row in the table of votes.", fix="Name a picture after its row: 00312.png."
        )
    return int(number[1])
