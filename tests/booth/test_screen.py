"""The whole booth: the package, the service on the demo, the page in its own sandbox, and a browser beside them.

The container has this machine's network, so that a browser here opens the page as the booth's own would.
"""

import shutil
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.booth.machines.container import Container, wait
from tests.booth.machines.services import Service

from .conftest import INSTALL, needs

pytestmark = [pytest.mark.root, pytest.mark.slow, pytest.mark.timeout(1800)]

RUN = "edge-run --config /etc/edge/edge.toml --source demo --window 1 --quiet"
KEPT = "--journal %S/edge/%i/journal.sqlite --figures-to %S/edge/%i/figures"


@pytest.fixture
def booth(fresh: Container) -> tuple[Service, str]:
    """The service of camera 0, as it is shipped but for the demo as its source; and where its page is."""
    needs("chromium")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    fresh.run(f"{INSTALL} /packages/1/*.deb", 600)
    units = "/etc/systemd/system"
    for unit, lines in (
        ("edge-run@.service", f"[Service] ExecStart= 'ExecStart=/usr/bin/{RUN} {KEPT}'"),
        ("edge-screen@.socket", f"[Socket] ListenStream= ListenStream=127.0.0.1:{port}"),
    ):
        fresh.run(f"mkdir {units}/{unit}.d; printf '%s\n' {lines} > {units}/{unit}.d/test.conf")
    fresh.run("systemctl daemon-reload; systemctl enable --now edge-screen@0.socket")
    service = Service(fresh, "0")
    service.started()
    return service, f"http://127.0.0.1:{port}/"


@pytest.fixture
def page() -> Iterator[Any]:
    """A page of a browser, at the size of a booth's screen."""
    hint = "playwright is not installed: uv sync --group browser"
    with pytest.importorskip("playwright.sync_api", reason=hint).sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        shown = browser.new_context(viewport={"width": 800, "height": 480}).new_page()
        shown.set_default_timeout(120_000)
        yield shown
        browser.close()


def touch(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_from_the_notice_to_the_erased_session(booth: tuple[Service, str], page: Any) -> None:
    service, address = booth
    machine = service.machine
    wait(30, lambda: service.shown("StatusText").startswith("Waiting for consent"), "the service waits")
    page.goto(address)
    assert page.get_by_text("BEFORE YOU BEGIN").first.is_visible()
    touch(page, "I agree")
    page.wait_for_selector("body.recording")
    # A level comes from the service, through its socket: the page has no camera.
    page.wait_for_function("document.querySelector('#meter').dataset.level !== ''")
    screen = machine.run("systemctl show -P MainPID edge-screen@0.service")
    assert [line.split(":")[0].strip() for line in machine.run(f"cat /proc/{screen}/net/dev").splitlines()[2:]] == [
        "lo"
    ]
    assert machine.run(f"stat -c %U /proc/{screen}") == "edge-screen"
    assert machine.ask(f"nsenter -t {screen} -m setpriv --reuid edge-screen --clear-groups ls /var/lib/edge").returncode
    assert machine.ask(f"nsenter -t {screen} -m ls /var/lib/edge/0").returncode, "nor could root of its sandbox"
    assert machine.run("stat -c '%U %G %a' /run/edge-booth/0") == "root edge-screen 660"
    assert "video" not in machine.run(f"nsenter -t {screen} -m ls /dev")
    assert "Seccomp:\t2" in machine.run(f"cat /proc/{screen}/status")
    wait(60, lambda: service.sessions() and service.sessions()[-1]["windows"], "a window is committed")
    (session,) = service.sessions()
    assert machine.ask(f"grep -rl {session['name']} /var/lib/edge").stdout
    touch(page, "End")
    page.wait_for_selector("body.over")
    assert page.locator("main p").count() >= 3, "the person's own summary"
    touch(page, "Erase my figures")
    page.wait_for_selector("body.erased")
    assert service.sessions() == []
    assert machine.ask(f"grep -rl {session['name']} /var/lib/edge /var/cache/edge").stdout == ""
    wait(30, lambda: service.shown("StatusText").startswith("Waiting for consent"), "the service waits for the next")
    touch(page, "To the start")
    page.wait_for_selector("body.notice")


def test_taken_back_while_it_is_recorded_and_the_page_killed(booth: tuple[Service, str], page: Any) -> None:
    service, address = booth
    machine = service.machine
    page.goto(address)
    touch(page, "I agree")
    page.wait_for_selector("body.recording")
    wait(60, lambda: service.sessions() and service.sessions()[-1]["windows"], "a window is committed")
    machine.run("systemctl kill --signal=KILL edge-screen@0.service")
    touch(page, "Take back my consent")  # systemd keeps the address open, and starts the page's program for it
    page.wait_for_selector("body.recording, body.erased")
    if page.locator("body.recording").count():  # the touch was of the page before: shown anew
        touch(page, "Take back my consent")
    page.wait_for_selector("body.erased")
    assert service.sessions() == []
