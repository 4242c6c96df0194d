"""docs/kiosk.md, typed line by line on a Debian that just booted; afterwards nothing of it is left."""

from pathlib import Path

import pytest

from .container import Container, booted
from .installed import commands_of_the_page, follow, installing

pytestmark = [pytest.mark.root, pytest.mark.timeout(1800)]

_KEPT = "/etc /usr/lib /usr/bin /var/lib /var/cache /opt"
_OF_THE_SYSTEM = r"/var/lib/systemd/|/etc/.*-$|/var/cache/ldconfig|/etc/\.pwd\.lock$|/var/lib/private"


def trace(machine: Container) -> set[str]:
    """Every file and folder that lasts, with owner, mode and a hash of what it holds."""
    listed = machine.run(
        f"find {_KEPT} -xdev ! -path '/opt/edge/*' -printf '%p %u %m %l\n' | grep -Ev '{_OF_THE_SYSTEM}'"
    )
    hashed = machine.run(f"find /etc -xdev -type f -exec sha256sum {{}} + | grep -Ev '{_OF_THE_SYSTEM}'")
    return {*listed.splitlines(), *hashed.splitlines()}


def settled(machine: Container) -> set[str]:
    """The same without what the running service writes."""
    return {line for line in trace(machine) if "/var/lib/edge/" not in line}


def test_every_line_works_and_the_last_undoes_it(debian_with_edge: Path) -> None:
    with booted(debian_with_edge) as machine:
        before = trace(machine)
        lines = commands_of_the_page()[len(installing()) :]
        assert "uninstall" in lines[-1]
        for line in lines[:-1]:
            follow(machine, line)
        during = trace(machine)
        assert any("edge-run@" in line for line in during - before)
        machine.run("sleep 3")  # long enough for a journal: it waits for a camera
        said = follow(machine, lines[-1])
        assert "Kept the summaries" in said
        assert not any("edge-run" in line for line in trace(machine))
        follow(machine, f"{lines[-1]} --purge-data")
        assert trace(machine) == before


def test_twice_is_as_good_as_once(debian_with_edge: Path) -> None:
    with booted(debian_with_edge) as machine:
        install = "/opt/edge/bin/edge-service install --camera 0"
        machine.run(install)
        once = settled(machine)
        said = machine.run(install)
        assert settled(machine) == once
        assert "Wrote" not in said
        machine.run("/opt/edge/bin/edge-service uninstall --purge-data")
        assert machine.run("/opt/edge/bin/edge-service uninstall --purge-data") == "Nothing is installed."
