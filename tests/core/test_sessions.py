"""Names of sessions."""

import pytest

from edge.core.errors import UsageError
from edge.core.sessions import valid_session


@pytest.mark.parametrize("name", ["a", "kim-2026_03", "x" * 64])
def test_a_name_that_is_valid_comes_back(name: str) -> None:
    assert valid_session(name) == name


@pytest.mark.parametrize("name", ["", "a b", "kim.1", "é", "x" * 65, "kim\n"])
def test_any_other_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        valid_session(name)
