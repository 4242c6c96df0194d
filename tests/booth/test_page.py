"""docs/kiosk.md, typed line by line on a Debian that just booted."""

from pathlib import Path

import pytest

from tests.booth.machines.container import booted
from tests.booth.machines.installed import commands_of_the_page, follow, installing

pytestmark = [pytest.mark.root, pytest.mark.timeout(1800)]


def test_every_line_works_and_the_last_undoes_it(debian_with_edge: Path) -> None:
    with booted(debian_with_edge) as machine:
        lines = commands_of_the_page()[len(installing()) :]
        assert "purge" in lines[-1]
        for line in lines[:-1]:
            follow(machine, line)
        assert "edge-run@0" in machine.ask("edge-service status").stdout
        machine.run("sleep 3")  # long enough for a journal: it waits for a camera
        follow(machine, lines[-1])
        assert machine.run("find /usr/lib/edge /var/lib/edge /etc/edge /usr/bin/edge* -ls 2>/dev/null || true") == ""
