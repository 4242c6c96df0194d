"""A whole computer in qemu: Debian's own kernel, limits that are enforced, a camera, and a plug to pull."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from tests.booth.machines.container import CACHE, HOME, booted, call

_AGENT: Final = """\
import json, os, signal, subprocess
line = open("/dev/virtio-ports/booth", "r+b", buffering=0)
while True:
    request = json.loads(line.readline())
    doing = subprocess.Popen(["/bin/bash", "-euo", "pipefail", "-c", "cd $HOME; " + request["command"]],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        out, err = doing.communicate(timeout=request["timeout_s"])
        answer = [doing.returncode, out, err]
    except subprocess.TimeoutExpired:
        os.killpg(doing.pid, signal.SIGKILL)  # with all that it started, and that would keep its pipes open
        answer = [124, "", "timed out"]
    rest = json.dumps([request["number"], *answer]).encode() + b"\\n"
    while rest:  # the line takes 32 KB at a time
        rest = rest[line.write(rest):]
"""
_UNIT: Final = """\
[Service]
Environment=HOME=/srv
ExecStart=/usr/bin/python3 /opt/agent.py
Restart=always
RestartSec=0.2
[Install]
WantedBy=multi-user.target
"""


def disk(installed: Path) -> Path:
    """The image of a disk with the installed Debian, a kernel, its camera driver, v4l2-ctl and AppArmor's programs."""
    root, image = CACHE / "vm", CACHE / "vm.ext4"
    if not (root / ".kernel").exists():
        shutil.rmtree(root, ignore_errors=True)
        call("cp", "-a", "--reflink=auto", installed, root)
        with booted(root, keep=True) as machine:
            machine.run("apt-get update -q")
            packages = "linux-image-amd64 initramfs-tools v4l-utils kmod apparmor"
            machine.run(f"DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends {packages}", 1200)
            machine.run("apt-get clean")
        (root / ".kernel").touch()
    clone = f"{HOME.strip('/')}/edge"
    shutil.rmtree(root / clone, ignore_errors=True)
    call("cp", "-a", "--reflink=auto", installed / clone, root / clone)
    with booted(root, keep=True) as machine:  # the package as it is now, if the image is older
        machine.run("apt-get install -y --reinstall --allow-downgrades ./edge/dist/*.deb", 600)
    (root / "opt/agent.py").write_text(_AGENT)
    units = root / "etc/systemd/system"
    (units / "booth-agent.service").write_text(_UNIT)
    (units / "multi-user.target.wants").mkdir(exist_ok=True)
    (units / "multi-user.target.wants/booth-agent.service").unlink(missing_ok=True)
    (units / "multi-user.target.wants/booth-agent.service").symlink_to("/etc/systemd/system/booth-agent.service")
    (root / "etc/fstab").write_text("/dev/vda / ext4 defaults 0 1\n")
    image.unlink(missing_ok=True)
    call("mke2fs", "-q", "-t", "ext4", "-d", root, image, "4G")
    return image


class Computer:
    """A computer that can be switched on, given commands, and unplugged."""

    def __init__(self, image: Path, folder: Path) -> None:
        self._image, self._line_path, self.log = image, folder / "line", folder / "console.log"
        self._qemu: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None
        self._number, self._received = 0, b""

    def switch_on(self, most_s: float = 240) -> None:
        """Start it and wait until it answers."""
        self._line_path.unlink(missing_ok=True)
        kernel, initrd = (next((CACHE / "vm/boot").glob(name)) for name in ("vmlinuz-*", "initrd.img-*"))
        fast = ["-enable-kvm", "-cpu", "host"] if _kvm() else ["-cpu", "max"]
        self._qemu = subprocess.Popen(
            [
                *("qemu-system-x86_64", *fast, "-smp", "2", "-m", "2048", "-display", "none", "-nic", "none"),
                *("-kernel", kernel, "-initrd", initrd, "-append", "root=/dev/vda rw console=ttyS0 quiet"),
                *("-drive", f"file={self._image},format=raw,if=virtio", "-serial", f"file:{self.log}"),
                *("-device", "virtio-serial", "-device", "virtserialport,chardev=line,name=booth"),
                *("-chardev", f"socket,id=line,path={self._line_path},server=on,wait=off"),
            ],
            stdin=subprocess.DEVNULL,
        )
        until_s, self._received = time.monotonic() + most_s, b""
        while not self._line_path.exists():
            time.sleep(0.1)
        self._line = socket.socket(socket.AF_UNIX)
        self._line.connect(str(self._line_path))
        while time.monotonic() < until_s:
            with suppress(TimeoutError, AssertionError):
                self.run("true", timeout_s=5)
                return
        raise AssertionError(f"the computer does not answer; {self.log.read_text(errors='replace')[-2000:]}")

    def run(self, command: str, timeout_s: float = 120) -> str:
        """Run a shell's command as root; its output. Fails where it fails."""
        done = self.ask(command, timeout_s)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout.strip()

    def ask(self, command: str, timeout_s: float = 120) -> subprocess.CompletedProcess[str]:
        """Run a shell's command as root."""
        assert self._line is not None
        self._line.settimeout(timeout_s + 10)
        self._number += 1
        request = {"number": self._number, "command": command, "timeout_s": timeout_s}
        self._line.sendall(json.dumps(request).encode() + b"\n")
        while True:
            number, code, out, err = json.loads(self._answer())
            if number == self._number:  # and not a late answer to something that was given up
                return subprocess.CompletedProcess(command, code, out, err)

    def _answer(self) -> bytes:
        assert self._line is not None
        while b"\n" not in self._received:
            part = self._line.recv(65536)
            assert part, "the computer hung up"
            self._received += part
        answer, _, self._received = self._received.partition(b"\n")
        return answer

    def pull_the_plug(self) -> None:
        """Take its power away: what was not written to the disk is lost."""
        if self._line is not None:
            self._line.close()
        if self._qemu is not None:
            self._qemu.send_signal(signal.SIGKILL)
            self._qemu.wait()
        self._qemu = None


def _kvm() -> bool:
    """Whether the processor helps; without its help a second takes about ten."""
    able = any(flag in Path("/proc/cpuinfo").read_text().split() for flag in ("vmx", "svm"))
    return able and os.access("/dev/kvm", os.R_OK | os.W_OK)


@contextmanager
def computer(image: Path, folder: Path) -> Iterator[Computer]:
    """A computer that runs, with a disk of its own."""
    own = folder / "disk.ext4"
    call("cp", "--reflink=auto", "--sparse=always", image, own)
    one = Computer(own, folder)
    try:
        one.switch_on()
        yield one
    finally:
        one.pull_the_plug()
