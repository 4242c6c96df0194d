"""edge-run without what looks at pictures, for a computer so slow that it could not: everything else is real."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from edge.cli.run import app
from edge.run.assemble import Models


@contextmanager
def no_models(*_: object) -> Iterator[Any]:
    models: Any = Models
    yield models(lambda rgb, tick_s=None: (), SimpleNamespace(reading=None, by_landmarks=None))


patch("edge.program.loaded_models", no_models).start()
app()
