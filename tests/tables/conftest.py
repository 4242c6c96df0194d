import pytest

from tests.journal.conftest import summaries, summaries_of

__all__ = ["summaries", "summaries_of"]


@pytest.fixture(autouse=True)
def _not_confined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.program.confine", lambda *_, **__: None)  # it would last for the other tests
