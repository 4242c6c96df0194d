"""A sealed export whose place refuses it is an error that names the place."""

import io
import sys
from pathlib import Path

import pytest

from edge.core.errors import CannotWrite
from edge.journal.exporting import opened_export
from edge.journal.sealing.seal import Seal, new_key


def test_a_sealed_export_that_standard_output_refuses_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal = Seal.to([new_key(tmp_path / "key")])
    with io.TextIOWrapper(open("/dev/full", "wb", buffering=0)) as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(CannotWrite) as refused, opened_export(None, seal) as text:
            text.write("neutral")
        monkeypatch.undo()
    assert refused.value.happened == "The disk that holds standard output is full."


def test_a_sealed_export_is_written_sealed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seal, written = Seal.to([new_key(tmp_path / "key")]), io.BytesIO()
    output = io.TextIOWrapper(written)
    monkeypatch.setattr(sys, "stdout", output)
    with opened_export(None, seal) as text:
        text.write("neutral")
    monkeypatch.undo()
    assert written.getvalue().startswith(b"-----BEGIN AGE ENCRYPTED FILE-----")
    assert b"neutral" not in written.getvalue()
