"""The wheels for 64-bit Arm, run by an emulator: both models load, and read what they read here."""

import json
import os
import shutil
import subprocess
import sys
from typing import Any

import pytest

from tests.booth.machines.arm import QEMU, arm_debian, install_for_arm, run_python
from tests.booth.machines.container import TREE

from .conftest import Measured, needs

pytestmark = [pytest.mark.root, pytest.mark.timeout(3600)]

SCRIPT = TREE / "tests/booth/readings.py"


@pytest.fixture(scope="module")
def readings() -> tuple[dict[str, Any], dict[str, Any]]:
    """What is read here, and there."""
    needs(QEMU, "debootstrap", "dpkg-deb")
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        pytest.skip("uv is not here")
    here = subprocess.run([sys.executable, SCRIPT], capture_output=True, text=True, check=True).stdout
    root = arm_debian()
    install_for_arm(root, uv)
    return json.loads(here.splitlines()[-1]), json.loads(run_python(root, SCRIPT).splitlines()[-1])


def test_it_is_an_arm_that_reads(readings: tuple[dict[str, Any], dict[str, Any]]) -> None:
    here, there = readings
    assert there["machine"] == "aarch64"
    assert here["machine"] != "aarch64"


def test_both_models_read_the_same(readings: tuple[dict[str, Any], dict[str, Any]], measured: Measured) -> None:
    here, there = (machine["readings"]["litert"] for machine in readings)
    assert len([one for one in here if isinstance(one, dict)]) >= 4
    furthest = 0.0
    for one, other in zip(here, there, strict=True):
        if isinstance(one, str):
            assert one == other
            continue
        assert (one["emotion"], one["level"]) == (other["emotion"], other["level"])
        pairs = [pair for name in ("emotions", "levels") for pair in zip(one[name], other[name], strict=True)]
        furthest = max(furthest, *(abs(a - b) for a, b in pairs))
    measured("largest difference of a probability, Arm against x86", furthest, 0.1, "")
