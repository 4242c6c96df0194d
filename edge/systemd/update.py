"""Bringing in another version of the program, after it was tried, and going back to the one before."""

import os
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from edge.core.errors import ServiceUnavailable, SourceNotFound
from edge.systemd.versions import Versions
from edge.systemd.wheel import replace_program, wheel_version

_TRIAL_S: Final = 180.0  # a second of the demo; a small computer's first start takes the most of it


def adopt(versions: Versions, environment: Path, name: str) -> Path:
    """Let the program of an environment run from now on, as a version of its own.

    Args:
        versions: Where versions are.
        environment: As a package lays it out.
        name: The version's name.

    Returns:
        The version.

    Raises:
        ServiceUnavailable: It does not run on this machine; the former version still runs.
        CannotWrite: Something was refused; the former version still runs.
    """
    version = versions.make(environment, name, _try)
    versions.use(version)
    return version


def adopt_wheel(versions: Versions, wheel: Path) -> Path:
    """The same with a wheel, whose libraries are those of the version that runs.

    Raises:
        SourceNotFound: There is no such file, or no version yet.
        BadConfiguration: It is no wheel of this program, or needs other libraries.
        ServiceUnavailable, CannotWrite: As `adopt`.
    """
    name = wheel_version(wheel)
    if versions.current is None:
        raise SourceNotFound("There is no version to update.", fix="Install the Debian package first.")

    def change(environment: Path) -> None:
        replace_program(environment, wheel)
        _try(environment)

    version = versions.make(versions.current, name, change)
    versions.use(version)
    return version


def install_package(package: Path) -> None:
    """Install a Debian package as apt does, with the settings of this machine; its script adopts the version.

    Raises:
        SourceNotFound: There is no such file.
        ServiceUnavailable: apt refused it; the former version still runs.
    """
    if not package.is_file():
        raise SourceNotFound(f"There is no file {package}.", fix="Name a .deb or a .whl.")
    keep = ("-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold")
    command = ("apt-get", "install", "--yes", "--allow-downgrades", "--no-install-recommends", *keep)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run([*command, str(package.resolve())], env=environment, check=False)
    except OSError as error:
        raise ServiceUnavailable(f"apt-get did not work: {error}.", fix="Install it by hand.") from None
    if done.returncode:
        raise ServiceUnavailable(
            f"apt-get did not install {package.name}.", fix="See what it says above; the former version still runs."
        )


def _try(environment: Path) -> None:
    """Read a second of the demo with it."""
    with tempfile.TemporaryDirectory() as folder:
        words = ("--source", "demo:fast", "--duration", "1", "--journal", f"{folder}/journal.sqlite", "--quiet")
        command = [str(environment / "bin/edge-run"), *words]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_TRIAL_S, cwd=folder, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise _does_not_run(str(error)) from None
    if done.returncode:
        raise _does_not_run((done.stderr.strip() or f"exit code {done.returncode}").splitlines()[-1])


def _does_not_run(why: str) -> ServiceUnavailable:
    return ServiceUnavailable(
        f"The new version does not run on this machine: {why.rstrip('.')}.", fix="The former one, if any, still runs."
    )
