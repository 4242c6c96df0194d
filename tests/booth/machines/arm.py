"""A 64-bit Arm's Debian 13 and the program's wheels for it, run by qemu's user emulation."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

from tests.booth.machines.container import CACHE, TREE, call

_PACKAGES: Final = "python3,libstdc++6"
QEMU: Final = "qemu-aarch64-static"


def arm_debian() -> Path:
    """Its folder, unpacked and not set up, which is enough for Python; made once, then kept in the cache."""
    root = CACHE / "arm64-trixie"
    if not (root / ".complete").exists():
        shutil.rmtree(root, ignore_errors=True)
        root.parent.mkdir(parents=True, exist_ok=True)
        call("debootstrap", "--arch=arm64", "--foreign", "--variant=minbase", f"--include={_PACKAGES}", "trixie", root)
        for package in sorted((root / "var/cache/apt/archives").glob("*.deb")):
            with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as unpacking:
                unpack: list[str | Path] = ["tar", "-x", "--keep-directory-symlink", "-C", root]
                subprocess.run(unpack, stdin=unpacking.stdout, check=True)
        shutil.copy(shutil.which(QEMU) or "", root / QEMU)
        (root / ".complete").touch()
    return root


def install_for_arm(root: Path, uv: str) -> None:
    """Put the locked wheels for it, and the program, into its /opt/edge."""
    place, wanted = root / "opt/edge", root / "opt/wanted.txt"
    place.parent.mkdir(exist_ok=True)
    export = (
        "--no-dev",
        "--no-group",
        "mediapipe",
        "--no-emit-project",
        "--no-hashes",
        "--quiet",
        "--output-file",
        wanted,
    )
    call(uv, "--project", TREE, "export", "--locked", *export)
    there = ("--python-platform", "aarch64-manylinux_2_36", "--python-version", "3.13", "--target", place)
    call(uv, "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", *there, "-r", wanted)
    call(uv, "pip", "install", "--quiet", "--no-deps", "--reinstall", *there, TREE)


def run_python(root: Path, script: Path) -> str:
    """Run a script by its Python; its output."""
    shutil.copy(script, root / "opt/script.py")
    (root / "tmp").mkdir(exist_ok=True)
    if (root / "proc").is_symlink():  # where debootstrap could not mount it
        (root / "proc").unlink()
    (root / "proc").mkdir(exist_ok=True)
    environment = "-E PYTHONPATH=/opt/edge -E HOME=/tmp -E MPLCONFIGDIR=/tmp"
    inside = (
        f"mount -t proc proc {root}/proc && exec chroot {root} /{QEMU} {environment} /usr/bin/python3 /opt/script.py"
    )
    return call("unshare", "--mount", "sh", "-c", inside)
