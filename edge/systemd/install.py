"""The files that `edge-service install` writes below a root, and their removal."""

import hashlib
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from edge.consent.notices import shipped_notices
from edge.core.errors import BadConfiguration, CannotWrite, UsageError
from edge.host.files.atomic import replace
from edge.host.files.small_files import UnfitFile, read_small

SHIPPED_BIN: Final = "/opt/edge/bin/"  # where the shipped units look for the commands
SETTINGS: Final = "etc/edge/edge.toml"
NOTICES: Final = "etc/edge/notices"
STATE: Final = "var/lib/edge"
CONSENTS: Final = "consent.sqlite"
LOCKS: Final = "locks"  # in it, as edge.sources.claim makes it where systemd names the folder
CACHE: Final = "var/cache/edge"
_RECORD: Final = "etc/edge/installed.json"
_UNITS: Final = "etc/systemd/system"
_START_RULE: Final = "71-edge-start.rules"
_PLACES: Final = {
    "edge-run@.service": f"{_UNITS}/edge-run@.service",
    "edge-run@pi.service.d/camera.conf": f"{_UNITS}/edge-run@pi.service.d/camera.conf",
    "edge-screen@.service": f"{_UNITS}/edge-screen@.service",
    "edge-screen@.socket": f"{_UNITS}/edge-screen@.socket",
    "edge-purge.service": f"{_UNITS}/edge-purge.service",
    "edge-purge.timer": f"{_UNITS}/edge-purge.timer",
    "70-edge-camera.rules": "etc/udev/rules.d/70-edge-camera.rules",
    _START_RULE: f"etc/udev/rules.d/{_START_RULE}",
    "sysusers.conf": "etc/sysusers.d/edge.conf",
    "tmpfiles.conf": "etc/tmpfiles.d/edge.conf",
    "edge.toml": SETTINGS,
}
_PURGE_LINK: Final = (f"{_UNITS}/timers.target.wants/edge-purge.timer", "edge-purge.timer")
_CAMERA: Final = re.compile(r"[0-9]{1,3}|pi|camera-[A-Za-z0-9_.:-]{1,200}")


@dataclass(slots=True)
class Record:
    """What an installation consists of: paths below the root; files with the SHA-256 of what was written."""

    files: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)

    @property
    def cameras(self) -> list[str]:
        """The cameras whose services start with the machine."""
        found = (re.fullmatch(r".*\.wants/edge-run@(.+)\.service", link) for link in self.links)
        return [match[1] for match in found if match]


def instance_name(camera: str) -> str:
    """Return the name of a camera's service instance: `0`, `pi` or `camera-...`.

    Args:
        camera: Such a name, or the device's path.

    Raises:
        UsageError: It is neither.
    """
    name = camera.removeprefix("/dev/video").removeprefix("/dev/edge/")
    if not _CAMERA.fullmatch(name):
        raise UsageError(
            f"There is no service for a camera called {camera!r}.", fix="Give 0, pi, or a name that is in /dev/edge."
        )
    return name


def install(root: Path, commands: Path, cameras: Sequence[str]) -> Iterator[str]:
    """Write units, rules and settings below a root. A second call changes nothing; settings and notices are kept.

    Args:
        root: The root folder of the system.
        commands: The folder of edge-run, as it is called inside the root.
        cameras: Whose services start with the machine; where none is named, each USB camera's when it is plugged in.

    Yields:
        A sentence for each change.

    Raises:
        CannotWrite: A file cannot be written.
        BadConfiguration: A file is there that this did not write.
    """
    wanted = _contents(commands, starts=not cameras)
    links = dict([_PURGE_LINK, *map(_camera_link, cameras)])
    former = read_record(root) or Record()
    for path, content in wanted.items():
        if (
            path not in former.files
            and not _is_administrators(path)
            and _hash_of(root / path) not in (None, _hash(content))
        ):
            raise BadConfiguration(
                f"{root / path} is there, and edge-service did not write it.", fix="Move it away first."
            )
    there = [name for name in (SETTINGS, NOTICES) if (root / name).exists()]
    wanted = {path: content for path, content in wanted.items() if not path.startswith(tuple(there))}
    theirs = {path: hashed for path, hashed in former.files.items() if _is_administrators(path)}
    files = dict(sorted((theirs | {path: _hash(content) for path, content in wanted.items()}).items()))
    new = Record(files, links, list(former.folders))
    with _writing(root):
        keep_record(root, new)  # before the rest: what a fault leaves half done can be removed
        try:
            yield from _remove(root, [path for path in (*former.files, *former.links) if path not in (*files, *links)])
            for path, content in wanted.items():
                if _write(root, path, content, new.folders):
                    yield f"Wrote {root / path}."
            for link, target in links.items():
                if _link(root, link, target, new.folders):
                    yield f"Enabled {Path(link).name}."
        finally:
            keep_record(root, new)


def uninstall(root: Path) -> Iterator[str]:
    """Remove what `install` wrote, links that others made to its units, and folders that are empty then.

    Settings and notices that were changed since are kept.

    Args:
        root: The root folder of the system.

    Yields:
        A sentence for each removal; nothing where nothing is installed.

    Raises:
        CannotWrite: A file cannot be removed.
    """
    record = read_record(root)
    if record is None:
        return
    with _writing(root):
        for path in [*filter(_is_administrators, record.files)]:
            if _hash_of(root / path) not in (None, record.files[path]):
                del record.files[path]
                yield f"Kept {root / path}: it was changed."
        strays = (root / _UNITS).glob("*.wants/edge-run@*.service")
        links = {*record.links, *(str(path.relative_to(root)) for path in strays)}
        yield from _remove(root, [*sorted(links), *record.files, _RECORD])
        for folder in sorted(record.folders, key=len, reverse=True):
            if (root / folder).is_dir() and not any((root / folder).iterdir()):
                (root / folder).rmdir()


def read_record(root: Path) -> Record | None:
    """Return what is installed below `root`; None where nothing is.

    Raises:
        BadConfiguration: The record is damaged.
    """
    try:
        return Record(**json.loads(read_small(root / _RECORD).content))
    except FileNotFoundError:
        return None
    except UnfitFile as error:
        raise BadConfiguration(f"{root / _RECORD} {error}.", fix="Restore or remove it.") from error
    except (ValueError, TypeError) as error:
        raise BadConfiguration(f"{root / _RECORD} is damaged: {error}.", fix="Restore or remove it.") from error


def keep_record(root: Path, record: Record) -> None:
    """Write the record of what is installed below `root`; folders made for it are added to it."""
    folders: list[str] = record.folders
    _make_folders(root, _RECORD, folders)
    _write(root, _RECORD, json.dumps(asdict(record), indent=1) + "\n", folders)


def shipped_units() -> Path:
    """Return the folder of units and rules that came with the installation."""
    package = Path(__file__).resolve().parents[1]
    units = package / "systemd" / "units"
    return units if units.is_dir() else package.parent / "systemd"


def installed_commands() -> Path:
    """Return the folder of the commands of the environment that this program runs in."""
    return Path(sys.prefix) / "bin"


def _contents(commands: Path, *, starts: bool) -> dict[str, str]:
    if re.search(r"[\s\"'\\;]", str(commands)):
        raise BadConfiguration(f"systemd would misread {str(commands)!r}.", fix="Install it in /opt/edge.")
    folder, there = shipped_units(), f"{commands}/".replace("%", "%%")
    notices = {f"{NOTICES}/{each.name}": each.read_text(encoding="utf-8") for each in shipped_notices().glob("*.txt")}
    return notices | {
        place: (folder / name).read_text(encoding="utf-8").replace(SHIPPED_BIN, there)
        for name, place in _PLACES.items()
        if starts or name != _START_RULE
    }


def _is_administrators(path: str) -> bool:
    """Whether a file is the administrator's to change; once it is there it is not written again."""
    return path == SETTINGS or path.startswith(f"{NOTICES}/")


def _camera_link(camera: str) -> tuple[str, str]:
    return f"{_UNITS}/multi-user.target.wants/edge-run@{instance_name(camera)}.service", "edge-run@.service"


@contextmanager
def _writing(root: Path) -> Iterator[None]:
    """Translate an OSError while files are changed into CannotWrite."""
    try:
        yield
    except OSError as error:
        place = error.filename or root
        raise CannotWrite(f"{place} cannot be written: {error.strerror}.", fix="Run it as root.") from error


def _make_folders(root: Path, path: str, made: list[str]) -> None:
    """Make the folders above `path`; those that were missing are added to `made`."""
    for folder in reversed(Path(path).parents[:-1]):
        if not (root / folder).is_dir():
            (root / folder).mkdir()
            (root / folder).chmod(0o755)  # whatever the umask is
            made.append(str(folder))


def _write(root: Path, path: str, content: str, made: list[str]) -> bool:
    """Write a file at once or not at all; False where it was so already."""
    place = root / path
    if _hash_of(place) == _hash(content):
        return False
    _make_folders(root, path, made)
    replace(place, content.encode(), mode=0o644)
    return True


def _link(root: Path, link: str, unit: str, made: list[str]) -> bool:
    """Enable a unit as `systemctl enable` does; False where it was already."""
    place, target = root / link, f"/{_UNITS}/{unit}"
    if place.is_symlink() and os.readlink(place) == target:
        return False
    _make_folders(root, link, made)
    place.unlink(missing_ok=True)
    place.symlink_to(target)
    return True


def _remove(root: Path, paths: Sequence[str]) -> Iterator[str]:
    for path in paths:
        if (root / path).is_symlink() or (root / path).exists():
            (root / path).unlink()
            yield f"Removed {root / path}."


def _hash(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def _hash_of(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def remove_kept(root: Path, *, summaries: bool) -> Iterator[str]:
    """Remove the services' cache and locks, and the folder of the summaries if it is empty.

    Args:
        root: The root folder of the system.
        summaries: Whether the summaries are deleted too.

    Yields:
        A sentence about what was deleted or stays.

    Raises:
        CannotWrite: A file cannot be removed.
    """
    with _writing(root):
        shutil.rmtree(root / CACHE, ignore_errors=True)
        state = root / STATE
        shutil.rmtree(state / LOCKS, ignore_errors=True)
        journals = len([path for path in state.glob("**/*.sqlite") if path.name != CONSENTS])
        if not state.is_dir():
            return
        if summaries or not any(path.is_file() for path in state.rglob("*")):
            shutil.rmtree(state)
            if journals:
                yield f"Deleted {state} with {journals} journal{'s'[: journals > 1]} for good."
        else:
            yield f"Kept the summaries in {state}: edge-service uninstall --purge-data deletes them for good."
