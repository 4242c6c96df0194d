"""edge-run without what looks at pictures, for a computer so slow that it could not: everything else is real."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from edge.cli.run import app


@contextmanager
def no_models(*_: object) -> Iterator[Any]:
    read_face = SimpleNamespace(reading=None)
    yield SimpleNamespace(
        find_faces=lambda rgb, tick_s: (), read_face=read_face, new_mesh_reader=lambda: None, read_with_mesh=None
    )


patch("edge.program.loaded_models", no_models).start()
app()
