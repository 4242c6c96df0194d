"""A Debian 12 that boots with a systemd of its own in a container."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CACHE: Final = Path(os.environ.get("EDGE_BOOTH_CACHE", "/var/cache/edge-booth"))
HOME: Final = "/srv"  # inside, of the user who runs the commands
TREE: Final = Path(__file__).parents[3]
_PACKAGES: Final = "systemd,systemd-sysv,dbus,udev,sudo,python3,ca-certificates"
_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def debian(name: str = "bookworm", *more: str) -> Path:
    """The folder of a small Debian 12 with systemd; made once (some minutes), then kept in the cache."""
    root = CACHE / name
    if not (root / ".complete").exists():
        shutil.rmtree(root, ignore_errors=True)
        root.parent.mkdir(parents=True, exist_ok=True)
        call("debootstrap", "--variant=minbase", *more, f"--include={_PACKAGES}", "bookworm", root)
        shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
        (root / "etc/hosts").write_text("127.0.0.1 localhost booth\n")
        (root / "etc/hostname").write_text("booth\n")
        for timer in ("apt-daily.timer", "apt-daily-upgrade.timer"):  # work that would disturb what is measured
            (root / "etc/systemd/system" / timer).symlink_to("/dev/null")
        (root / ".complete").touch()
    return root


def copy_of_the_tree(folder: Path) -> Path:
    """A copy of the repository as a clone would have it, with what is not committed yet."""
    listed = call("git", "-C", TREE, "ls-files", "-co", "--exclude-standard").splitlines()
    for name in listed:
        if (TREE / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(TREE / name, folder / name)
    return folder


def call(*command: object) -> str:
    """Run a command here to its end; its output. Its whole complaint is the error where it fails."""
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@dataclass(frozen=True, slots=True)
class Container:
    """A booted machine; commands in it run as root."""

    leader: int  # the process here that is its process 1

    def ask(self, command: str, timeout_s: float = 120) -> subprocess.CompletedProcess[str]:
        """Run a shell's command in it."""
        inside = ["nsenter", "-t", str(self.leader), "-a", "/usr/bin/env", "-i", f"PATH={_PATH}", f"HOME={HOME}"]
        return subprocess.run(
            [*inside, "/bin/bash", "-euo", "pipefail", "-c", f"cd {HOME}; {command}"],
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    def run(self, command: str, timeout_s: float = 120) -> str:
        """Run a shell's command in it that has to succeed; its output."""
        done = self.ask(command, timeout_s)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout.strip()


@contextmanager
def booted(root: Path, *, keep: bool = False, binds: Sequence[str] = ()) -> Iterator[Container]:
    """Boot a root folder, with folders from here bound as `--bind=...` says; what changes is forgotten, or kept."""
    command = ["systemd-nspawn", "--quiet", "-D", str(root), "--boot", "--register=no", "--keep-unit"]
    command += ["--resolv-conf=off", "--console=pipe", *([] if keep else ["--volatile=overlay"]), *binds]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
    ) as nspawn:
        try:
            wait(120, lambda: _children(nspawn.pid), "the container has a first process")
            container = Container(int(_children(nspawn.pid)[0]))
            wait(300, lambda: not container.ask("systemctl is-active multi-user.target").returncode, "it is up")
            yield container
            container.ask("systemctl poweroff")
        finally:
            nspawn.send_signal(signal.SIGTERM)
            try:
                nspawn.wait(20)
            except subprocess.TimeoutExpired:
                nspawn.kill()


def wait(most_s: float, happened: Callable[[], object], what: str) -> float:
    """Wait until something happened; the seconds that took. Fails after `most_s`."""
    begun_s = time.monotonic()
    while not happened():
        assert time.monotonic() - begun_s < most_s, f"not within {most_s:g} s: {what}"
        time.sleep(0.05)
    return time.monotonic() - begun_s


def _children(process: int) -> list[str]:
    listed = subprocess.run(["pgrep", "-P", str(process)], capture_output=True, text=True, check=False)
    return listed.stdout.split()
