"""Marks of tests that need what is not installed everywhere."""

from importlib.util import find_spec

import pytest

# Not pytest.importorskip: importing the whole package takes seconds, in every process that collects the tests.
needs_mediapipe = pytest.mark.skipif(find_spec("mediapipe") is None, reason="the package mediapipe is not installed")
