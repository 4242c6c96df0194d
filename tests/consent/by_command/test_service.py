"""Consent before capture, through the real commands: no camera before it, none after it, and nothing left of it."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.timing import within

from .booths import SHIPPED_SHA256, Booth, Terminal, ended, opened_booth

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def one_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Booth]:
    with opened_booth(tmp_path_factory.mktemp("booth")) as booth:
        booth.service()
        booth.grant("ann-stays")
        booth.until(lambda: booth.windows("ann-stays") >= 2)
        booth.consent("end", "ann-stays")
        yield booth


@pytest.fixture
def served(one_service: Booth) -> Booth:
    """A booth whose service waits for consent. A session is kept in it already, and stays."""
    assert one_service.running[0].poll() is None
    one_service.until(lambda: not any(one.state == "open" for one in one_service.sessions()))
    (one_service.home / "events").write_text("")
    return one_service


def test_a_service_waits_for_one_person_after_another(booth: Booth, tmp_path: Path) -> None:
    received: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(60)
        booth.environment |= {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "500000"}
        process = booth.service()

        def receive(text: str) -> None:
            del received[:]
            while not any(text in line for line in received):
                received.extend(manager.recv(4096).decode().splitlines())

        receive("READY=1")  # a person is waited for, and nothing else
        receive("STATUS=Waiting for consent")
        receive("WATCHDOG=1")
        receive("WATCHDOG=1")
        assert booth.events() == []
        for count, name in enumerate(("kim", "bob"), start=1):
            booth.grant(name)
            receive("STATUS=Watching camera")
            done = booth.consent("end", name)
            assert (done.exit_code, "The camera is released" in done.stdout) == (0, True), done
            assert len(booth.events("released")) == len(booth.events("opened")) == count
            receive("STATUS=Waiting for consent")
            assert not any("STOPPING" in line for line in received)
        looked = len(booth.events())
        receive("WATCHDOG=1")
        assert len(booth.events()) == looked
        process.terminate()
        receive("STOPPING=1")
    assert process.wait(240) == 0
    assert [(one.name, one.state) for one in booth.sessions()] == [("kim", "complete"), ("bob", "complete")]
    health = (booth.home / "j.health.json").read_text()
    assert json.loads(health)["exit_code"] == 0
    assert "kim" not in health + process.communicate()[1]


def test_a_withdrawal_stops_the_camera_and_erases_the_session_and_no_other(served: Booth) -> None:
    receipt = served.grant("kim-goes").splitlines()[0].split()[1]
    served.until(lambda: served.windows("kim-goes") >= 2)
    assert {*served.holding("kim-goes")} >= {"lines.jsonl", "consent.sqlite"}
    dates = [summary.started_at for summary in served.summaries("kim-goes") if summary.started_at is not None]
    began_s = time.monotonic()
    done = served.withdraw("kim-goes")
    assert done.returncode == 0, done.stderr
    assert "The camera is released." in done.stdout
    assert "it is gone" in done.stdout
    (released_s,) = served.events("released")
    assert released_s - began_s < within(1.0)
    assert max(served.events("read")) < released_s
    assert served.holding("kim-goes") == []
    for date in dates:
        assert served.holding(f"{date:%Y-%m-%dT%H:%M:%S.%f}Z") == []
        assert served.holding(f"{date:%Y-%m-%dT%H:%M:%S}.{date.microsecond // 1000:03}Z") == []
    assert [one.name for one in served.sessions()] == ["ann-stays"]
    lines = [json.loads(line) for line in (served.home / "lines.jsonl").read_text().splitlines()]
    assert {line["session"] for line in lines} == {"ann-stays"}
    assert {line["kind"] for line in lines} == {"window", "session"}
    shown = served.consent("show").stdout
    (block,) = (block for block in shown.split("\n\n") if receipt in block)
    assert SHIPPED_SHA256 in block
    assert "withdrawn" in block
    assert "erased" in block
    assert "Session" not in block


def test_a_withdrawal_while_the_camera_is_away_ends_the_waiting_for_it(served: Booth) -> None:
    served.grant("kim-goes")
    served.until(lambda: served.windows("kim-goes"))
    (served.home / "video0").unlink()
    served.until(lambda: served.events("released"))
    done = served.withdraw("kim-goes")
    assert done.returncode == 0, done.stderr
    opened = len(served.events("opened"))
    (served.home / "video0").touch()
    time.sleep(1.5)  # longer than it waits before it tries again
    assert len(served.events("opened")) == opened == len(served.events("released"))
    assert served.holding("kim-goes") == []


def test_a_consent_runs_out(served: Booth) -> None:
    granted_s = time.monotonic()
    served.grant("lee", "--for", "0.03")
    served.until(lambda: served.events("released"))
    (released_s,) = served.events("released")
    assert 1.8 < released_s - granted_s < 1.8 + within(1.0)
    served.until(lambda: served.sessions()[-1].state == "complete")
    time.sleep(0.6)
    assert len(served.events("opened")) == 1
    assert "expired" in served.consent("show", "lee").stdout
    assert served.consent("withdraw", "lee").exit_code == 0  # later, too


@pytest.mark.parametrize(
    ("typed", "said", "kept"),
    [("w\n", "it is gone", False), ("\n", "over: ended", True), ("\x03", "over: ended", True)],
)
def test_the_booths_screen_ends_a_session_and_takes_a_consent_back(
    served: Booth, typed: str, said: str, kept: bool
) -> None:
    name = f"screen-{ord(typed[0])}"
    command = [sys.executable, "-m", "edge.cli.booth.consent_main", "ask", name, "--journal", str(served.journal)]
    person = Terminal(served, *command)
    person.reads("BEFORE YOU BEGIN")
    person.reads("Do you agree")
    assert served.events() == []
    person.types("yes\n")
    person.reads("takes your consent back")
    served.until(lambda: served.windows(name))
    person.types(typed)
    person.reads("The camera is released")
    person.reads(said)
    assert person.close() == 0
    assert len(served.events("opened")) == len(served.events("released")) == 1
    served.until(lambda: served.windows(name) > 0 if kept else not served.holding(name))


def test_a_session_does_not_outlive_the_screen_at_which_it_could_be_ended(served: Booth) -> None:
    command = [sys.executable, "-m", "edge.cli.booth.consent_main", "ask", "mia", "--journal", str(served.journal)]
    person = Terminal(served, *command)
    person.reads("Do you agree")
    person.types("yes\n")
    served.until(lambda: served.windows("mia"))
    os.close(person.own)
    served.until(lambda: served.events("released"))
    assert "ended" in served.consent("show", "mia").stdout


def test_the_same_process_served_them_all_and_names_no_person(one_service: Booth) -> None:
    one_service.grant("last-goes")
    one_service.until(lambda: one_service.windows("last-goes"))
    assert one_service.withdraw("last-goes").returncode == 0
    code, err = ended(one_service.running[0])
    assert code == 0
    assert not any(name in err for name in ("kim", "lee", "ann", "last-goes"))
    assert one_service.holding("last-goes") == []
    assert one_service.windows("ann-stays") >= 2


def test_a_withdrawal_during_a_hung_call_reads_no_further_picture(booth: Booth) -> None:
    process = booth.service()
    booth.grant("kim-goes")
    booth.until(lambda: booth.windows("kim-goes"))
    (booth.home / "hangs").touch()
    booth.until(lambda: booth.events("hung"))
    read = len(booth.events("read"))
    done = booth.withdraw("kim-goes")
    assert done.returncode == 0, done.stderr
    assert "No frame is looked at any more" in done.stdout
    _, err = process.communicate(timeout=240)
    assert (process.returncode, "hangs in its driver" in err) == (69, True)  # its end is what releases the camera
    assert len(booth.events("read")) == read
    assert booth.holding("kim-goes") == []


def test_after_a_crash_a_valid_consent_goes_on_and_one_that_is_over_does_not(booth: Booth) -> None:
    first = booth.service()
    booth.grant("kim-goes")
    booth.until(lambda: booth.windows("kim-goes"))
    first.send_signal(signal.SIGKILL)
    first.wait()
    second = booth.service()
    booth.until(lambda: len([one for one in booth.sessions() if one.windows]) == 2)
    assert ended(second)[0] == 0  # it was stopped; the person did not end anything
    third = booth.service()
    booth.until(lambda: len(booth.events("opened")) == 3)
    assert {one.name for one in booth.sessions()} == {"kim-goes"}
    third.kill()
    third.communicate()
    booth.consent("end", "kim-goes")
    fourth = booth.service()
    health = booth.home / "j.health.json"
    booth.until(lambda: json.loads(health.read_text())["process"] == fourth.pid)
    time.sleep(0.6)
    assert len(booth.events("opened")) == 3
    fourth.kill()
    fourth.communicate()
    lines = booth.home / "lines.jsonl"
    lines.rename(booth.home / "lines.jsonl.2026-03-01")  # as at the end of a day
    torn = '{"kind": "window", "session": "kim-goes", "seq\n'
    lines.write_text(torn + '{"kind": "window", "session": "ann"}\n')
    (booth.home / "j.sqlite.corrupt.20260301T000000Z").write_text("damaged, and kim-goes is in it")
    assert len(booth.holding("kim-goes")) >= 4
    done = booth.withdraw("kim-goes")  # no other process is there to erase it
    assert done.returncode == 0, done.stderr
    assert "it is gone" in done.stdout
    assert booth.holding("kim-goes") == []
    assert booth.sessions() == []
    assert lines.read_text() == '{"kind": "window", "session": "ann"}\n'


def test_a_damaged_store_is_no_consent(booth: Booth) -> None:
    process = booth.service()
    booth.grant("kim")
    booth.until(lambda: booth.windows("kim"))
    store = booth.home / "consent.sqlite"
    content = store.read_bytes()
    harmed_s = time.monotonic()
    with store.open("r+b") as file:  # never shorter: an empty store is another fault
        file.write(content[:100] + os.urandom(len(content) - 100))
    booth.until(lambda: booth.events("released"))
    assert booth.events("released")[0] - harmed_s < within(1.0)
    time.sleep(0.6)
    windows = booth.windows("kim")
    code, err = ended(process)
    assert (code, "The session ends: " in err, "consent.sqlite is damaged" in err) == (0, True, True)
    by_hand = booth.start("--session", "kim")
    _, said = by_hand.communicate(timeout=240)
    assert (by_hand.returncode, "consent.sqlite is damaged" in said) == (77, True)
    assert len(booth.events("opened")) == 1
    assert booth.windows("kim") == windows


@pytest.mark.root
def test_a_full_disk_is_no_reason_to_go_on(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m,mode=700", "edge", disk], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"mounting is not allowed here: {mounted.stderr.decode().strip()}")
    try:
        with opened_booth(disk) as booth:
            booth.environment["TMPDIR"] = str(tmp_path)
            (disk / "events").symlink_to(tmp_path / "events")
            booth.service()
            booth.grant("kim-goes")
            booth.until(lambda: booth.windows("kim-goes") >= 2)
            with open(disk / "other", "ab", buffering=0) as other, contextlib.suppress(OSError):
                while other.write(bytes(512)) == 512:
                    pass
            time.sleep(1)
            began_s = time.monotonic()
            done = booth.withdraw("kim-goes")
            assert done.returncode == 0, done.stderr
            assert booth.events("released")[0] - began_s < within(1.0)
            assert booth.holding("kim-goes") == []
            assert booth.sessions() == []
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)
