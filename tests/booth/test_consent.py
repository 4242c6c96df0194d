"""The service waits for a consent before it opens its camera, in a real systemd and in its whole sandbox."""

import pytest

from tests.booth.machines.container import Container, wait
from tests.booth.machines.services import COMMANDS, Service

from .conftest import Measured
from .test_container import ALWAYS, instance, newest

pytestmark = [pytest.mark.root, pytest.mark.timeout(1800)]

ASKING = f"{COMMANDS}/edge-run --source demo --require-consent --window 1 {ALWAYS}"


@pytest.fixture
def asking(machine: Container) -> Service:
    """The service on the demo, as it is shipped: it waits for consent."""
    service = instance(machine, "asking", ASKING)
    service.started()
    return service


def command(service: Service, words: str) -> str:
    """What a front end in the booth does.

    With the service's view of /proc: this container covers the kernel's boot id, and the service's own /proc does not.
    """
    as_edge = f"nsenter -t {service.process} -m setpriv --reuid edge --regid edge --clear-groups"
    return f"{as_edge} {COMMANDS}/edge-consent {words} --journal {service.journal}"


def test_it_asks_before_it_watches_and_forgets_who_changes_their_mind(asking: Service, measured: Measured) -> None:
    machine = asking.machine
    wait(10, lambda: asking.shown("StatusText").startswith("Waiting for consent"), "the status says what it waits for")
    machine.run("sleep 10")  # longer than the watchdog allows to be silent
    assert (asking.watches(), asking.shown("NRestarts"), asking.sessions()) == (True, "0", [])
    assert "Session  first-goes" in machine.run(
        command(asking, "grant first-goes --notice-version 1 --config /etc/edge/edge.toml")
    )
    wait(20, lambda: "frames a second" in asking.shown("StatusText"), "it watches")
    wait(20, lambda: newest(asking)["windows"], "a window is committed")
    asking.replaced_after("KILL")
    wait(30, lambda: len(asking.sessions()) == 2 and newest(asking)["windows"], "the session goes on after a crash")
    process = asking.process
    released_s = float(
        machine.run(f"""
        {command(asking, "withdraw first-goes")} > /srv/said &
        began=$EPOCHREALTIME; until grep -q released /srv/said; do sleep 0.02; done
        echo "$EPOCHREALTIME - $began" | python3 -c 'print(eval(input()))'; wait""")
    )
    assert "it is gone" in machine.run("cat /srv/said")
    wait(10, lambda: asking.shown("StatusText").startswith("Waiting for consent"), "it waits for the next")
    assert (asking.process, asking.sessions()) == (process, [])
    assert machine.ask("grep -rl first-goes /var/lib/edge /var/cache/edge").stdout == ""
    assert "withdrawn" in machine.run(command(asking, "show"))
    assert machine.ask(f"{COMMANDS}/edge-consent show --journal {asking.journal}").returncode == 78  # root is not edge
    machine.run(f"systemctl stop {asking.unit}")
    measured("a consent is withdrawn until that command says that the camera is released", released_s, 3, "s")
