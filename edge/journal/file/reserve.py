"""The reserve: a file beside the journal that takes room on the disk, to be given back when nothing else is left."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from edge.core.errors import EdgeError
from edge.host.files.private_files import open_private
from edge.journal.file.damage import was_opened

RESERVE_BYTES: Final = 2**20  # a thousand summaries in one transaction
SEALED_RESERVE_BYTES: Final = 6 * 2**20  # as many sealed ones, each a page of 4 KB
_LEAST_BYTES: Final = 2**16
_SHARE: Final = 8  # of the free room at most an eighth is kept


def reserves_in(folder: Path) -> Iterator["Reserve"]:
    """Yield the reserves of the journals in a folder; other files of such a name are not this program's."""
    for path in sorted(folder.glob("*.reserve")):
        reserve = Reserve(path.with_name(path.name.removesuffix(".reserve")))
        if reserve.held and was_opened(reserve.journal):
            yield reserve


class Reserve:
    """The file `journal.sqlite.reserve`; it never raises, for a reserve that cannot be made is only absent."""

    def __init__(self, journal: Path, *, sealed: bool = False) -> None:
        self._most_bytes = SEALED_RESERVE_BYTES if sealed else RESERVE_BYTES
        self.journal = journal
        self.path = journal.with_name(journal.name + ".reserve")

    @property
    def held(self) -> bool:
        """Whether there is room to give back."""
        return self.path.is_file()

    def make(self) -> bool:
        """Take the room, if the disk has much more than that; whether any is held now."""
        with suppress(OSError, EdgeError):
            disk = os.statvfs(self.path.parent)
            held_bytes = self.path.stat().st_size if self.held else 0
            size = min(self._most_bytes, (disk.f_bavail * disk.f_frsize + held_bytes) // _SHARE)
            if size >= max(_LEAST_BYTES, held_bytes + 1):
                self._fill(size)
        return self.held

    def give_back(self) -> bool:
        """Return the room to the disk; whether there was any."""
        try:
            self.path.unlink()
        except OSError:
            return False
        return True

    def _fill(self, size: int) -> None:
        descriptor = open_private(self.path)
        try:
            os.posix_fallocate(descriptor, 0, size)  # glibc writes zeros itself where the file system cannot
        except OSError:
            self.give_back()  # a part of it is none
            raise
        finally:
            os.close(descriptor)
