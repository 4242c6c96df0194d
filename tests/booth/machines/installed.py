"""A Debian with the program in it, installed by the very commands of docs/kiosk.md."""

import re
import shutil
from pathlib import Path
from typing import Final

from tests.booth.machines.container import CACHE, HOME, TREE, Container, booted, call, copy_of_the_tree, debian

_CERTIFICATES: Final = "/etc/ssl/certs/ca-certificates.crt"  # whom this network trusts
_DOWNLOADS: Final = "/var/tmp/downloads"
_OURS: Final = {
    "SSL_CERT_FILE": _CERTIFICATES,
    "PIP_CERT": _CERTIFICATES,
    "PIP_CACHE_DIR": f"{_DOWNLOADS}/pip",
    "UV_CACHE_DIR": f"{_DOWNLOADS}/uv",
    "UV_LINK_MODE": "copy",
}


def commands_of_the_page() -> list[str]:
    """Every command line of docs/kiosk.md for any Debian, in order."""
    page = (TREE / "docs/kiosk.md").read_text()
    return [line for block in re.findall(r"```sh\n(.*?)```", page, re.DOTALL) for line in block.splitlines()]


def installing() -> list[str]:
    """Those that install the program: all before the one that starts a service."""
    lines = commands_of_the_page()
    return lines[: lines.index(installing_line())]


def installing_line() -> str:
    """The one that watches camera 0."""
    (line,) = (line for line in commands_of_the_page() if "systemctl enable" in line)
    return line


def unasked() -> str:
    """One that sets before it that no consent is needed: most tests are about cameras and faults."""
    return "sed -i 's/^require_consent = true/require_consent = false/' /etc/edge/edge.toml"


def installed() -> Path:
    """The folder of a Debian with the package of the tree as it is now; what was downloaded stays in the cache."""
    fresh, root = debian(), CACHE / "installed"
    shutil.rmtree(root, ignore_errors=True)
    call("cp", "-a", "--reflink=auto", fresh, root)
    (root / "etc/sudoers.d/downloads").write_text(f'Defaults env_keep += "{" ".join(_OURS)}"\n')
    clone = root / HOME.strip("/") / "edge"
    copy_of_the_tree(clone)
    downloads = CACHE / "downloads"
    downloads.mkdir(exist_ok=True)
    binds = [f"--bind={downloads}:{_DOWNLOADS}", f"--bind-ro={_CERTIFICATES}"]
    ours = "export " + " ".join(f"{name}={value}" for name, value in _OURS.items())
    with booted(root, keep=True, binds=binds) as machine:
        for line in installing():
            machine.run(f"cd edge; {ours}; {line}", timeout_s=1200)
    return root


def follow(machine: Container, line: str) -> str:
    """Type a line of the page, in the folder of the clone."""
    return machine.run(f"cd edge; {line}")
