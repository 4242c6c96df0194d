"""Another version of the program in an environment, from its wheel alone: without a network, and without pip."""

import shutil
import zipfile
from email.message import Message
from email.parser import Parser
from importlib.metadata import distributions
from pathlib import Path
from typing import Final

from edge.core.errors import BadConfiguration, SourceNotFound
from edge.systemd.commands import write_commands

_PROJECT: Final = "edge-expressiveness"
_OF_OTHERS: Final = ("train", "torch", "tables")  # extras that a package has not


def wheel_version(wheel: Path) -> str:
    """Return the version of the program in a wheel.

    Raises:
        SourceNotFound: There is no such file.
        BadConfiguration: It is no wheel of this program.
    """
    return str(_metadata(wheel)["Version"])


def replace_program(environment: Path, wheel: Path) -> None:
    """Put a wheel's program in the place of the one that an environment has.

    Args:
        environment: With the program and its libraries in `lib/python3.*/site-packages`.
        wheel: Of this program, for the libraries that are there.

    Raises:
        SourceNotFound: There is no such file.
        BadConfiguration: It is no wheel of this program, or needs other libraries.
    """
    (libraries,) = (environment / "lib").glob("*/site-packages")
    (there,) = distributions(name=_PROJECT, path=[str(libraries)])
    wanted = _needed(_metadata(wheel).get_all("Requires-Dist") or [])
    if other := sorted(wanted ^ _needed(there.requires or [])):
        raise BadConfiguration(
            f"{wheel.name} needs other libraries than are installed: {'; '.join(other)}.",
            fix="Update with the Debian package of that version, which has them.",
        )
    for name in {file.parts[0] for file in there.files or ()} - {".."}:
        shutil.rmtree(libraries / name, ignore_errors=True)
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(libraries)
    for path in libraries.rglob("*"):
        if path.is_dir() or path.stat().st_nlink == 1:  # from the wheel: for every user, whatever the umask is
            path.chmod(0o755 if path.is_dir() else 0o644)
    write_commands(environment)


def _needed(requirements: list[str]) -> set[str]:
    return {
        " ".join(each.split())
        for each in requirements
        if not any(f"extra == {quote}{extra}{quote}" in each for extra in _OF_OTHERS for quote in "'\"")
    }


def _metadata(wheel: Path) -> Message:
    try:
        with zipfile.ZipFile(wheel) as packed:
            (name,) = (
                each for each in packed.namelist() if each.endswith(".dist-info/METADATA") and each.count("/") == 1
            )
            found = Parser().parsestr(packed.read(name).decode())
            damaged = packed.testzip()
    except FileNotFoundError:
        raise SourceNotFound(f"There is no file {wheel}.", fix="Name a .deb or a .whl.") from None
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise BadConfiguration(f"{wheel} is no wheel: {error}.", fix="Copy it anew.") from None
    if damaged is not None or found["Name"] != _PROJECT:
        what = f"damaged: {damaged}" if damaged is not None else f"of {found['Name']}"
        raise BadConfiguration(f"{wheel} is {what}.", fix=f"Name a wheel of {_PROJECT}.")
    return found
