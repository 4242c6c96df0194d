"""Versions side by side below a folder of the test's own: brought in, tried, interrupted, undone."""

import os
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge.cli.booth.service import app
from edge.core.errors import EdgeError
from edge.systemd.advice import less_careful, shipped_settings
from edge.systemd.update import adopt, adopt_wheel
from edge.systemd.versions import Versions

RUN = '#!/bin/sh\nset -e\ncat "$(dirname "$(realpath "$0")")"/../lib/python3.11/site-packages/edge/says\n'
NEEDS = "Requires-Dist: numpy<3,>=2.1\nRequires-Dist: keras<4; extra == 'train'\n"


def environment(place: Path, says: str, *, runs: bool = True) -> Path:
    """A folder laid out as a package has it, whose program only prints what its file says."""
    libraries = place / "lib/python3.11/site-packages"
    about = libraries / "edge_expressiveness-0.1.0.dist-info"
    for folder in (place / "bin", libraries / "edge", libraries / "numpy", about):
        folder.mkdir(parents=True)
    (libraries / "edge/says").write_text(says)
    (libraries / "edge/gone.py").write_text("former = 1\n")
    (libraries / "numpy/__init__.py").write_text("array = 1\n")
    (about / "METADATA").write_text(f"Metadata-Version: 2.4\nName: edge-expressiveness\nVersion: 0.1.0\n{NEEDS}")
    (about / "RECORD").write_text("edge/says,,\nedge/gone.py,,\nedge_expressiveness-0.1.0.dist-info/METADATA,,\n")
    program = place / "bin/edge-run"
    program.write_text(RUN if runs else "#!/bin/sh\necho 'Error: Illegal instruction' >&2; exit 4\n")
    program.chmod(0o755)
    (place / "bin/python").symlink_to("/bin/true")
    return place


def wheel(place: Path, version: str, needs: str = NEEDS, name: str = "edge-expressiveness") -> Path:
    """A wheel of the program; the command that it describes does nothing and succeeds."""
    with zipfile.ZipFile(place / f"edge_expressiveness-{version}-py3-none-any.whl", "w") as packed:
        about = f"edge_expressiveness-{version}.dist-info"
        packed.writestr("edge/says", f"wheel {version}\n")
        packed.writestr(f"{about}/METADATA", f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n{needs}")
        packed.writestr(f"{about}/entry_points.txt", "[console_scripts]\nedge-run = edge.cli:main\nedge-train = m:n\n")
        packed.writestr(f"{about}/RECORD", "edge/says,,\n")
    return Path(packed.filename or "")


@pytest.fixture
def versions(tmp_path: Path) -> Versions:
    """One version, which runs."""
    there = Versions(tmp_path / "root/usr/lib/edge")
    there.folder.mkdir(parents=True)
    adopt(there, environment(tmp_path / "one", "one"), "1")
    return there


def said(versions: Versions) -> str:
    """What the program that runs says."""
    return (versions.folder / "current/lib/python3.11/site-packages/edge/says").read_text().strip()


def names(versions: Versions) -> list[str]:
    return sorted(path.name for path in (versions.folder / "versions").iterdir())


def test_the_version_before_the_last_can_be_had_back_and_older_ones_go(versions: Versions, tmp_path: Path) -> None:
    for name in ("two", "three"):
        adopt(versions, environment(tmp_path / name, name), name)
    assert (said(versions), names(versions)) == ("three", ["three", "two"])
    done = CliRunner().invoke(app, ["rollback", "--root", str(tmp_path / "root")])
    assert (done.exit_code, done.output) == (0, "Version two runs again.\n")
    assert said(versions) == "two"
    versions.back()
    assert said(versions) == "three"


def test_the_same_version_once_more_takes_no_place_of_the_one_that_runs(versions: Versions, tmp_path: Path) -> None:
    adopt(versions, environment(tmp_path / "again", "again"), "1")
    assert (said(versions), names(versions)) == ("again", ["1", "1.2"])


def test_what_does_not_run_here_is_not_taken(versions: Versions, tmp_path: Path) -> None:
    with pytest.raises(EdgeError, match="Illegal instruction") as raised:
        adopt(versions, environment(tmp_path / "two", "two", runs=False), "2")
    assert raised.value.exit_code == 69
    assert (said(versions), names(versions)) == ("one", ["1"])
    assert versions.former is None


def test_killed_at_any_moment_the_former_version_is_whole(
    versions: Versions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step of an update that changes names is the last once; the next update succeeds."""
    new = environment(tmp_path / "two", "two")
    for step in ("rename", "symlink_to", "replace"):

        def killed(self: Path, *_: object, step: str = step) -> None:
            raise KeyboardInterrupt(step)

        with monkeypatch.context() as patched:
            patched.setattr(Path, step, killed)
            with pytest.raises(KeyboardInterrupt):
                adopt(versions, new, "2")
        assert said(versions) == "one"
    adopt(versions, new, "2")
    assert said(versions) == "two"
    assert versions.former is not None
    assert versions.former.name == "1"


def test_a_wheel_takes_the_place_of_the_program_and_of_nothing_else(versions: Versions, tmp_path: Path) -> None:
    before = versions.current
    assert before is not None
    new = adopt_wheel(versions, wheel(tmp_path, "0.2.0"))
    libraries = new / "lib/python3.11/site-packages"
    assert (new.name, said(versions)) == ("0.2.0", "wheel 0.2.0")
    assert not (libraries / "edge/gone.py").exists()
    assert (libraries / "numpy/__init__.py").samefile(before / "lib/python3.11/site-packages/numpy/__init__.py")
    assert sorted(path.name for path in (new / "bin").iterdir()) == ["edge-run", "python"]
    assert (before / "lib/python3.11/site-packages/edge/says").read_text() == "one"


@pytest.mark.parametrize(
    ("needs", "name", "code", "says"),
    [
        ("Requires-Dist: numpy<4,>=3\n", "edge-expressiveness", 78, "needs other libraries"),
        (NEEDS, "other-program", 78, "is of other-program"),
    ],
)
def test_a_wheel_that_does_not_fit_is_refused(
    versions: Versions, tmp_path: Path, needs: str, name: str, code: int, says: str
) -> None:
    with pytest.raises(EdgeError, match=says) as raised:
        adopt_wheel(versions, wheel(tmp_path, "0.2.0", needs, name))
    assert raised.value.exit_code == code
    assert (said(versions), names(versions)) == ("one", ["1"])


def test_what_is_no_wheel_and_what_is_absent_is_refused(versions: Versions, tmp_path: Path) -> None:
    (tmp_path / "cut.whl").write_bytes(wheel(tmp_path, "0.2.0").read_bytes()[:-40])
    for path, code in ((tmp_path / "cut.whl", 78), (tmp_path / "absent.whl", 66)):
        done = CliRunner().invoke(app, ["update", str(path), "--root", str(tmp_path / "root")])
        assert isinstance(done.exception, EdgeError | SystemExit)
        with pytest.raises(EdgeError) as raised:
            adopt_wheel(versions, path)
        assert raised.value.exit_code == code
    assert said(versions) == "one"


def test_without_a_former_version_there_is_no_way_back(versions: Versions) -> None:
    with pytest.raises(EdgeError, match="no former version") as raised:
        versions.back()
    assert raised.value.exit_code == 66
    assert said(versions) == "one"


def test_only_root_changes_the_version_of_a_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    for words in (["rollback"], ["update", str(tmp_path / "a.deb")], ["update", str(tmp_path / "a.whl")]):
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 77, done.output


def test_settings_that_are_less_careful_than_the_shipped_ones_are_pointed_out(tmp_path: Path) -> None:
    shipped = shipped_settings().read_text()
    (tmp_path / "edge.toml").write_text(shipped)
    (tmp_path / "edge@0.toml").write_text("window = 5\n")
    assert list(less_careful(tmp_path)) == []
    (tmp_path / "edge@0.toml").write_text("require_consent = false\n")
    assert "edge@0.toml does not set require_consent" in next(less_careful(tmp_path))
    (tmp_path / "edge@0.toml").unlink()
    (tmp_path / "edge.toml").write_text("window = 10\n")
    consent, retention = less_careful(tmp_path)
    assert "require_consent: cameras are opened without a consent. Recommended: require_consent = true." in consent
    assert "retention_days: summaries are never deleted. Recommended: retention_days = 90." in retention
    (tmp_path / "edge.toml").write_text(shipped + "windou = 1\n")
    (complaint,) = less_careful(tmp_path)
    assert "windou" in complaint
