"""What the tests of training share: a tiny data set, the real one where it is, and nothing on the screen."""

import os
from pathlib import Path

import pytest

from tests.models import tiny_fer2013

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

_FER2013 = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "fer2013"


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of FER-2013's form, with a hundred faces."""
    return tiny_fer2013.write(tmp_path_factory.mktemp("fer2013"))


@pytest.fixture(scope="session")
def fer2013_folder() -> Path:
    """The real data set, which is not part of the repository."""
    if not (_FER2013 / "labels.csv").is_file():
        pytest.skip("FER-2013 (../shared/data/fer2013) is not here")
    return _FER2013
