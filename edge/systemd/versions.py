"""The program's versions on a machine, side by side, and the link that says which of them runs."""

import compileall
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.core.errors import CannotWrite, SourceNotFound

PROGRAM: Final = Path("/usr/lib/edge")
_CURRENT: Final = "current"
_FORMER: Final = "former"


@dataclass(frozen=True, slots=True)
class Versions:
    """Folders of whole environments, `versions/NAME`, and the links `current` and `former` to two of them.

    A version is complete before `current` names it, and that link is replaced at once: whenever an update is
    interrupted, the former program is there, whole, and runs.

    Args:
        folder: Where they are.
    """

    folder: Path = PROGRAM

    @property
    def current(self) -> Path | None:
        """The version that runs; None where there is none."""
        return self._named_by(_CURRENT)

    @property
    def former(self) -> Path | None:
        """The version that ran before it, as long as it is there."""
        there = self._named_by(_FORMER)
        return None if there == self.current else there

    def make(self, base: Path, name: str, change: Callable[[Path], None]) -> Path:
        """Make a version from a copy of an environment.

        Files are linked and not copied where that is possible: replace them, do not write into them.

        Args:
            base: The environment.
            name: What the version is called; a number is added where there is one of that name.
            change: Is called with the copy; where it raises, there is no version.

        Returns:
            The version, which does not run yet.

        Raises:
            CannotWrite: Something was refused.
        """
        part = self.folder / "versions" / ".part"
        with _writing(self.folder):
            try:
                shutil.rmtree(part, ignore_errors=True)  # of an update that was killed
                shutil.copytree(base, part, symlinks=True, copy_function=_link_or_copy)
                change(part)
                place = self._free(name)
                for library in sorted((part / "lib").glob("*/site-packages")):
                    compileall.compile_dir(library, ddir=place / library.relative_to(part), quiet=2, workers=0)
                os.sync()  # the link must not be on the disk before what it names
                part.rename(place)
            finally:
                shutil.rmtree(part, ignore_errors=True)
        return place

    def use(self, version: Path) -> None:
        """Let a version run from now on; all but it and the one before it are removed.

        Raises:
            CannotWrite: A link cannot be replaced.
        """
        with _writing(self.folder):
            if self.current not in (None, version):
                self._point(_FORMER, self.current)
            self._point(_CURRENT, version)
            for old in (self.folder / "versions").iterdir():
                if old not in (self.current, self.former):
                    shutil.rmtree(old, ignore_errors=True)

    def back(self) -> Path:
        """Let the former version run again, and return it.

        Raises:
            SourceNotFound: There is none.
            CannotWrite: A link cannot be replaced.
        """
        if (former := self.former) is None:
            raise SourceNotFound("There is no former version to go back to.", fix="Install one: edge-service update.")
        self.use(former)
        return former

    def _named_by(self, link: str) -> Path | None:
        try:
            place = self.folder / os.readlink(self.folder / link)
        except OSError:
            return None
        return place if place.is_dir() else None

    def _point(self, link: str, version: Path | None) -> None:
        if version is not None:
            part = self.folder / f".{link}.part"
            part.unlink(missing_ok=True)
            part.symlink_to(version.relative_to(self.folder))
            part.replace(self.folder / link)

    def _free(self, name: str) -> Path:
        place, number = self.folder / "versions" / name, 1
        while place.exists():
            number += 1
            place = place.with_name(f"{name}.{number}")
        return place


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, shutil.Error) as error:
        raise CannotWrite(
            f"{folder} cannot be changed: {error}.", fix="Run it as root, with room on the disk."
        ) from error
