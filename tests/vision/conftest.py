"""Models to spoil: copies of the shipped ones, with cards that can be rewritten."""

import hashlib
import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import flatbuffers
import pytest
from ai_edge_litert import schema_py_generated as schema

from tests.privacy.conftest import unconfined as unconfined


@pytest.fixture
def folder(shipped: Path, tmp_path: Path) -> Path:
    """A copy of the shipped models."""
    return Path(shutil.copytree(shipped, tmp_path / "models"))


@pytest.fixture
def no_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever reaches an interpreter in this test fails it."""

    def reached(*_: object, **__: object) -> None:
        pytest.fail("an interpreter was to load a model")

    monkeypatch.setattr("ai_edge_litert.interpreter.Interpreter", reached)
    with suppress(ImportError):  # not installed everywhere
        monkeypatch.setattr("tflite_runtime.interpreter.Interpreter", reached)


def recard(folder: Path, name: str, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a card's values."""
    path = folder / f"{name}.json"
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))


def replace_model(folder: Path, name: str, content: bytes) -> None:
    """Put other bytes in a model's place, with a card that vouches for them."""
    (folder / f"{name}.tflite").write_bytes(content)

    def vouch(card: dict[str, Any]) -> None:
        card.update(sha256=hashlib.sha256(content).hexdigest(), size_bytes=len(content))

    recard(folder, name, vouch)


def with_two_outputs(content: bytes) -> bytes:
    """A model that answers with an inner layer too."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    graph = model.subgraphs[0]
    graph.outputs = [*graph.outputs, graph.operators[0].outputs[0]]
    model.signatureDefs = None
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
