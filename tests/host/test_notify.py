"""What systemd receives from the service, on a real socket."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.host.notify import Notifier


class Manager:
    """The other end of $NOTIFY_SOCKET."""

    def __init__(self, name: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind("\0" + name[1:] if name.startswith("@") else name)

    def received(self) -> list[str]:
        """Every message since the last call."""
        messages = []
        while True:
            try:
                messages.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return messages

    def close(self) -> None:
        self._socket.close()


class Clock:
    """A clock that stands still until it is moved."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture(params=["a path", "an abstract name"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "notify") if request.param == "a path" else f"@edge-test-{os.getpid()}"


@pytest.fixture
def manager(address: str) -> Iterator[Manager]:
    other_end = Manager(address)
    yield other_end
    other_end.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def notifier(address: str, manager: Manager, clock: Clock) -> Iterator[Notifier]:
    opened = Notifier({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "10000000"}, clock)
    yield opened
    opened.close()


def test_a_services_life_is_sent_in_systemds_format(notifier: Notifier, manager: Manager) -> None:
    notifier.ready()
    notifier.ready()
    notifier.status("Reading: 29.8 fps")
    notifier.status("Reading: 29.8 fps")
    notifier.status("Waiting:\nno camera")
    notifier.alive()
    notifier.stopping()
    sent = ["READY=1", "STATUS=Reading: 29.8 fps", "STATUS=Waiting: no camera", "WATCHDOG=1", "STOPPING=1"]
    assert manager.received() == sent


def test_the_watchdog_is_fed_at_most_twice_in_its_time(notifier: Notifier, manager: Manager, clock: Clock) -> None:
    notifier.ready()
    manager.received()
    for _ in range(32 * 20 + 1):  # 20 s at 32 frames a second
        notifier.alive()
        clock.now_s += 1 / 32
    assert manager.received() == ["WATCHDOG=1"] * 5  # at 0, 5, 10, 15 and 20 s


def test_before_the_first_frame_it_asks_for_time_and_afterwards_no_more(
    notifier: Notifier, manager: Manager, clock: Clock
) -> None:
    notifier.alive()
    assert manager.received() == ["WATCHDOG=1\nEXTEND_TIMEOUT_USEC=20000000"]
    notifier.ready()
    clock.now_s += 6
    notifier.alive()
    assert manager.received() == ["READY=1", "WATCHDOG=1"]


@pytest.mark.parametrize(
    "more", [{}, {"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getpid() + 1)}, {"WATCHDOG_USEC": "soon"}]
)
def test_without_a_watchdog_none_is_fed(address: str, manager: Manager, more: dict[str, str]) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": address, **more})
    notifier.ready()
    notifier.alive()
    notifier.close()
    assert manager.received() == ["READY=1"]


def test_its_own_number_is_the_watched_ones(address: str, manager: Manager) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getpid())})
    notifier.ready()
    notifier.alive()
    notifier.close()
    assert manager.received() == ["READY=1", "WATCHDOG=1"]


def test_without_a_service_manager_nothing_happens(tmp_path: Path) -> None:
    for environ in ({}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": str(tmp_path / "absent")}):
        notifier = Notifier(environ)
        notifier.ready()
        notifier.status("Reading")
        notifier.alive()
        notifier.stopping()
        notifier.close()
        notifier.status("after the end")
    assert Notifier({}).connected is False


def test_a_manager_that_comes_back_receives_again(tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    first = Manager(address)
    notifier = Notifier({"NOTIFY_SOCKET": address})
    first.close()
    notifier.status("not received")
    os.unlink(address)
    second = Manager(address)
    notifier.status("received")
    notifier.close()
    assert second.received() == ["STATUS=received"]
    second.close()


def test_a_manager_that_does_not_read_holds_nothing_up(
    address: str, manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.host.notify._SEND_S", 0.01)
    queue = int(Path("/proc/sys/net/unix/max_dgram_qlen").read_text())
    notifier = Notifier({"NOTIFY_SOCKET": address})
    for count in range(queue + 5):
        notifier.status(f"line {count}")
    notifier.close()
    received = manager.received()
    assert received[0] == "STATUS=line 0"
    assert len(received) < queue + 5
