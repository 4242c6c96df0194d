"""AppArmor's profile of the service: its parser takes it, it has no network, and it allows what a run opens."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.privacy.traced import traced

UNITS = Path(__file__).resolve().parents[2] / "systemd"
PROFILE = UNITS / "edge-run.apparmor"
PARSER = shutil.which("apparmor_parser") or shutil.which("apparmor_parser", path="/usr/sbin:/sbin")

pytestmark = pytest.mark.skipif(PARSER is None, reason="apparmor_parser is not here")

_SYSTEM = ("/dev/", "/etc/", "/lib/", "/proc/", "/run/", "/sys/", "/usr/", "/var/")
_OPENED = re.compile(r'openat\(\w+, "(/[^"]*)", (O_[A-Z_|]+).*\) = \d')


def parsed(*words: str | Path) -> str:
    ended = subprocess.run([str(PARSER), *map(str, words)], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def allowed() -> list[tuple[re.Pattern[str], str]]:
    """The profile's paths as patterns, each with its permissions; variables and inclusions are put in."""
    text, variables = parsed("-p", PROFILE), {}
    for name, values in re.findall(r"^\s*(@\{\w+\})\s*\+?=\s*(.*)$", text, re.MULTILINE):
        variables[name] = f"{{{','.join(value.rstrip('/') for value in values.split())}}}"
    rules = re.findall(r"^\s*(?:owner )?([/@]\S*)\s+([rwmkixlPUCpu]+),", text, re.MULTILINE)
    return [(_pattern(path, variables), rights) for path, rights in rules]


def _pattern(path: str, variables: dict[str, str]) -> re.Pattern[str]:
    while (found := re.search(r"@\{\w+\}", path)) and found[0] in variables:
        path = path.replace(found[0], variables[found[0]])
    words = {"**": ".+", "*": "[^/]*", "{": "(?:", "}": ")", ",": "|", "?": "[^/]"}
    parts = re.split(r"(\*\*|\*|\{|\}|,|\?|\[[^]]*\])", path)
    text = "".join(part if part.startswith("[") else words.get(part, re.escape(part)) for part in parts)
    return re.compile(re.sub("/+", "/", text))


def test_the_parser_takes_it_and_it_has_no_network() -> None:
    parsed("-Q", "-K", PROFILE)
    text = PROFILE.read_text()
    assert {"deny network inet,", "deny network inet6,"} <= {line.strip() for line in text.splitlines()}
    assert re.findall(r"^ +network (\w+),", text, re.MULTILINE) == ["netlink"]


def test_it_allows_what_a_run_opens_and_no_other_file(tmp_path: Path) -> None:
    rules = allowed()

    def may(path: str, right: str) -> bool:
        fits = (
            pattern.fullmatch(path) or pattern.fullmatch(f"{path}/") for pattern, rights in rules if right in rights
        )
        return any(fits)

    for path in ("/etc/shadow", "/home/someone/.ssh/id_ed25519", "/proc/1/environ", "/dev/sda"):
        assert not may(path, "r"), path
    assert not any(may(path, "w") for path in ("/etc/edge/edge.toml", "/usr/lib/edge/current/bin/edge-run", "/dev/sda"))
    tmp_path.chmod(0o700)
    run = (sys.executable, "-m", "edge.cli.run_main", "--source", "demo:fast", "--duration", "1", "--quiet")
    calls = traced((*run, "--journal", tmp_path / "j.sqlite"), tmp_path / "trace", calls="openat")
    opened = {(path, "w" if "O_WRONLY" in how or "O_RDWR" in how else "r") for path, how in _OPENED.findall(calls)}
    own = (sys.prefix, sys.base_prefix, str(Path(sys.base_prefix).resolve()))  # a package has these in /usr/lib
    system = {one for one in opened if one[0].startswith(_SYSTEM) and not one[0].startswith(own)}
    assert ("/proc/cpuinfo", "r") in system
    process = re.compile(r"/proc/(?:self|\d+)(?=/)")
    refused = [(path, how) for path, how in system if not may(process.sub("/proc/4711", path), how)]
    assert refused == []
