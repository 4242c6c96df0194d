"""What the program that records a journal says about itself, so that consents are given for what it shows."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.consent.database import ConsentFile
from edge.core.choices.second_consent import SecondConsent

# Created when first needed and not counted as a version: a program from before it reads the file as ever.
_TABLE: Final = """CREATE TABLE IF NOT EXISTS services (
    journal TEXT PRIMARY KEY,
    notices TEXT NOT NULL,
    second TEXT NOT NULL
) STRICT, WITHOUT ROWID"""


@dataclass(frozen=True, slots=True)
class Service:
    """The settings of a recording program that decide about consents."""

    notices: Path  # the folder of the notices that people are shown
    second: SecondConsent


class Services:
    """The programs that record journals beside one file of consents.

    The methods raise what `ConsentFile.opened` raises.

    Args:
        file: The file.
    """

    def __init__(self, file: ConsentFile) -> None:
        self._file = file

    def of(self, journal: Path) -> Service | None:
        """Return what the present or last program of a journal said; None where there was none."""
        with self._file.opened() as connection:
            return service_in(connection, journal)

    def announce(self, journal: Path, service: Service) -> None:
        """Note what the program of a journal says about itself; without a write where it is known."""
        if self.of(journal) == service:
            return
        with self._file.changing(create=True) as connection:
            connection.execute(_TABLE)
            row = str(journal), str(service.notices), service.second.value
            connection.execute("INSERT OR REPLACE INTO services VALUES (?, ?, ?)", row)


def service_in(connection: sqlite3.Connection, journal: Path) -> Service | None:
    """Return a journal's row, within an access of the caller's."""
    if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'services'").fetchone():
        return None
    row = connection.execute("SELECT notices, second FROM services WHERE journal = ?", (str(journal),)).fetchone()
    return None if row is None else Service(Path(row["notices"]), SecondConsent(row["second"]))
