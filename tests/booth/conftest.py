"""What the booth's tests share: machines that boot."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.booth.machines.container import TREE, Container, booted, call, debian
from tests.booth.machines.installed import follow, installed, installing_line, unasked

INSTALL = "DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends"
Measured = Callable[[str, float, float, str], None]


@pytest.fixture(scope="session", autouse=True)
def _root() -> None:
    if os.geteuid() != 0:
        pytest.skip("booting a machine takes root")


def needs(*programs: str) -> None:
    """Skip where a program is absent."""
    absent = [program for program in programs if shutil.which(program) is None]
    if absent:
        pytest.skip(f"{', '.join(absent)} not installed; tests/booth/run names the packages")


@pytest.fixture(scope="session")
def debian_with_edge() -> Path:
    """The folder of a Debian 12 in which the program is installed as docs/kiosk.md says."""
    needs("systemd-nspawn", "debootstrap", "nsenter")
    return installed()


@pytest.fixture(scope="module")
def machine(debian_with_edge: Path) -> Iterator[Container]:
    """A booted Debian in which the page's service for camera 0 was installed."""
    with booted(debian_with_edge) as container:
        container.run(unasked())
        follow(container, installing_line())
        yield container


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two packages of this tree, the second with a later revision."""
    needs("systemd-nspawn", "debootstrap", "nsenter", "dpkg-deb")
    folder = tmp_path_factory.mktemp("packages")
    for revision in ("1", "2"):
        words = ("--release", "bookworm", "--revision", revision, "--out", folder / revision)
        call("env", "-C", TREE, sys.executable, "systemd/deb/build.py", *words)
    return folder


@pytest.fixture
def fresh(packages: Path) -> Iterator[Container]:
    """A booted Debian 12 without the program, which has the packages in /packages."""
    with booted(debian(), binds=[f"--bind={packages}:/packages"]) as machine:
        yield machine
