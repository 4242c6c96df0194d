"""A Debian with the program in it, installed by the very commands of docs/kiosk.md."""

import re
import shutil
from pathlib import Path
from typing import Final

from .container import CACHE, TREE, Container, booted, call, copy_of_the_tree, debian

_CERTIFICATES: Final = "/etc/ssl/certs/ca-certificates.crt"


def commands_of_the_page() -> list[str]:
    """Every line that docs/kiosk.md tells a person to type on any Debian, in order."""
    page = (TREE / "docs/kiosk.md").read_text()
    return [line for block in re.findall(r"```sh\n(.*?)```", page, re.DOTALL) for line in block.splitlines()]


def installing() -> list[str]:
    """Those that install the program: all before the first `edge-service`."""
    lines = commands_of_the_page()
    return lines[: lines.index(installing_line())]


def installing_line() -> str:
    """The one that makes a service for camera 0."""
    (line,) = (line for line in commands_of_the_page() if "edge-service install" in line)
    return line


def installed() -> Path:
    """The folder of a Debian with the tree as it is now in /opt/edge; what was downloaded stays in the cache."""
    fresh, root = debian(), CACHE / "installed"
    if not (root / ".complete").exists():
        shutil.rmtree(root, ignore_errors=True)
        call("cp", "-a", "--reflink=auto", fresh, root)
        (root / "etc/sudoers.d/downloads").write_text('Defaults env_keep += "SSL_CERT_FILE UV_LINK_MODE"\n')
    shutil.rmtree(root / "root/edge", ignore_errors=True)
    copy_of_the_tree(root / "root/edge")
    downloads = CACHE / "downloads"
    downloads.mkdir(exist_ok=True)
    binds = [f"--bind={downloads}:/root/.cache", f"--bind-ro={_CERTIFICATES}"]
    ours = (
        f"export UV_LINK_MODE=copy SSL_CERT_FILE={_CERTIFICATES} PIP_CERT={_CERTIFICATES}"  # whom this network trusts
    )
    with booted(root, keep=True, binds=binds) as machine:
        for line in installing():
            machine.run(f"cd edge; {ours}; {line}", timeout_s=1200)
    return root


def follow(machine: Container, line: str) -> str:
    """Type a line of the page, in the folder of the clone."""
    return machine.run(f"cd edge; {line}")
