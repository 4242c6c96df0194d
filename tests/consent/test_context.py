"""Where consents are given: beside the journal that is named, configured, or the default one."""

from pathlib import Path

import pytest

from edge.consent.context import consent_context
from edge.consent.notices import shipped_notices
from edge.core.errors import BadConfiguration


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "state"


@pytest.fixture
def configured(tmp_path: Path) -> Path:
    file = tmp_path / "edge.toml"
    file.write_text("journal = 'kept/ä.sqlite'\nnotices = '/notices'\nwindow = 10\n", encoding="utf-8")
    return file


def test_the_store_lies_beside_the_default_journal(state: Path) -> None:
    context = consent_context(None, None)
    assert context.journal == state / "edge" / "journal.sqlite"
    assert context.store.path == state / "edge" / "consent.sqlite"
    assert context.notices == shipped_notices()


def test_a_file_names_journal_and_notices(tmp_path: Path, configured: Path) -> None:
    context = consent_context(None, None, configured)
    assert context.journal == tmp_path / "kept" / "ä.sqlite"
    assert context.store.path == tmp_path / "kept" / "consent.sqlite"
    assert context.notices == Path("/notices")


def test_what_is_given_counts_before_the_file(tmp_path: Path, configured: Path) -> None:
    context = consent_context(Path("j.sqlite"), Path("texts"), configured)
    assert context.journal == tmp_path / "j.sqlite"
    assert context.store.path == tmp_path / "consent.sqlite"
    assert context.notices == Path("texts")


def test_a_file_without_the_two_settings_changes_nothing(state: Path, configured: Path) -> None:
    configured.write_text("window = 10\n")
    context = consent_context(None, None, configured)
    assert context.journal == state / "edge" / "journal.sqlite"
    assert context.notices == shipped_notices()


@pytest.mark.parametrize(
    ("content", "said", "fix"),
    [
        (None, "cannot be read: No such file", "Check --config."),
        (b"journal =", "is no TOML", "Correct that place."),
        (b"\xff", "is no TOML", "Correct that place."),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error(configured: Path, content: bytes | None, said: str, fix: str) -> None:
    configured.unlink() if content is None else configured.write_bytes(content)
    with pytest.raises(BadConfiguration, match=said) as caught:
        consent_context(None, None, configured)
    assert str(configured) in str(caught.value)
    assert caught.value.fix == fix


def test_the_environment_counts_before_the_file(tmp_path: Path, configured: Path) -> None:
    context = consent_context(None, None, configured, {"EDGE_JOURNAL": "env.sqlite", "EDGE_NOTICES": "/env"})
    assert context.journal == tmp_path / "env.sqlite"
    assert context.notices == Path("/env")
    assert consent_context(None, None, configured, {"EDGE_JOURNAL": ""}).notices == Path("/notices")
