"""`edge-service` below a folder of its own: what it writes, that it can be repeated, and that it leaves no trace."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge.cli.service import app
from edge.config import load_config
from edge.sources.choose import camera_source

UNITS = "etc/systemd/system"


def ask(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [*map(str, words)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def tree(root: Path) -> dict[str, str]:
    """Every path below a root, with what it holds."""

    def content(path: Path) -> str:
        if path.is_symlink():
            return f"-> {os.readlink(path)}"
        return path.read_text() if path.is_file() else "folder"

    return {str(path.relative_to(root)): content(path) for path in root.rglob("*")}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A machine's root with the folders that Debian has, and things of other people's in them."""
    root = tmp_path / "root"
    for folder in (f"{UNITS}/multi-user.target.wants", "etc/udev/rules.d", "etc/sysusers.d", "var/lib"):
        (root / folder).mkdir(parents=True)
    (root / UNITS / "other.service").write_text("[Service]\nExecStart=/bin/true\n")
    (root / "etc/udev/rules.d/99-other.rules").write_text("# other\n")
    return root


def test_a_camera_is_watched_from_boot_on(root: Path) -> None:
    words = ["--camera", "/dev/video0", "--camera", "pi", "--commands", "/opt/e/bin"]
    code, said = ask("install", "--root", root, *words)
    assert code == 0, said
    unit = (root / UNITS / "edge-run@.service").read_text()
    assert "\nExecStart=/opt/e/bin/edge-run --config /etc/edge/edge.toml --camera %i " in unit
    for name in ("edge-run@0.service", "edge-run@pi.service"):
        link = root / UNITS / "multi-user.target.wants" / name
        assert os.readlink(link) == f"/{UNITS}/edge-run@.service"
    assert (root / UNITS / "timers.target.wants/edge-purge.timer").is_symlink()
    assert not (root / "etc/udev/rules.d/71-edge-start.rules").exists()  # one camera was chosen: no other is started
    assert ask("status", "--root", root) == (0, "Installed; starts 0, pi.\n")


def test_the_commands_are_those_of_this_environment(root: Path) -> None:
    ask("install", "--root", root)
    for unit, command in (("edge-run@.service", "edge-run"), ("edge-purge.service", "edge-purge")):
        assert f"{sys.prefix}/bin/{command} " in (root / UNITS / unit).read_text()


@pytest.mark.parametrize("folder", ["/opt/my edge/bin", '/opt/"edge"/bin', "/opt/edge;x/bin"])
def test_a_folder_that_systemd_would_misread_is_refused(root: Path, folder: str) -> None:
    before = tree(root)
    code, said = ask("install", "--root", root, "--commands", folder)
    assert (code, said.count("\n")) == (78, 1)
    assert tree(root) == before


def test_without_a_name_each_camera_is_watched_once_it_is_plugged_in(root: Path) -> None:
    assert ask("install", "--root", root)[0] == 0
    assert "SYSTEMD_WANTS" in (root / "etc/udev/rules.d/71-edge-start.rules").read_text()
    assert not [*(root / UNITS / "multi-user.target.wants").iterdir()]


def test_installing_twice_changes_nothing_and_says_nothing(root: Path) -> None:
    ask("install", "--root", root, "--camera", "0")
    once = tree(root)
    assert ask("install", "--root", root, "--camera", "0") == (0, "")
    assert tree(root) == once


def test_another_choice_replaces_the_former(root: Path) -> None:
    ask("install", "--root", root)
    ask("install", "--root", root, "--camera", "camera-046d_C920_1A")
    assert not (root / "etc/udev/rules.d/71-edge-start.rules").exists()
    ask("install", "--root", root, "--camera", "0")
    wants = root / UNITS / "multi-user.target.wants"
    assert [link.name for link in wants.iterdir()] == ["edge-run@0.service"]


@pytest.mark.parametrize("cameras", [[], ["--camera", "0"]])
def test_uninstalling_leaves_no_trace(root: Path, cameras: list[str]) -> None:
    before = tree(root)
    ask("install", "--root", root, *cameras)
    assert tree(root) != before
    code, _ = ask("uninstall", "--root", root)
    assert code == 0
    assert tree(root) == before
    assert ask("uninstall", "--root", root) == (0, "Nothing is installed.\n")
    assert ask("status", "--root", root) == (3, "Nothing is installed.\n")


def test_an_instance_that_was_enabled_by_hand_does_not_dangle(root: Path) -> None:
    before = tree(root)
    ask("install", "--root", root)
    (root / UNITS / "multi-user.target.wants/edge-run@7.service").symlink_to(f"/{UNITS}/edge-run@.service")
    ask("uninstall", "--root", root)
    assert tree(root) == before


def test_changed_settings_survive_an_update_and_the_end(root: Path) -> None:
    ask("install", "--root", root)
    settings = root / "etc/edge/edge.toml"
    settings.write_text("window = 30\n")
    ask("install", "--root", root)
    assert settings.read_text() == "window = 30\n"
    code, said = ask("uninstall", "--root", root)
    assert code == 0
    assert "edge.toml: it was changed" in said
    assert [path for path in tree(root) if path.startswith("etc/edge")] == ["etc/edge", "etc/edge/edge.toml"]


def test_summaries_stay_unless_their_removal_is_requested(root: Path) -> None:
    ask("install", "--root", root)
    journal = root / "var/lib/edge/0/journal.sqlite"
    journal.parent.mkdir(parents=True)
    journal.write_text("summaries")
    lock = root / "var/lib/edge/locks/dev-video0.lock"
    lock.parent.mkdir()
    lock.touch()
    _, said = ask("uninstall", "--root", root)
    assert journal.read_text() == "summaries"
    assert not lock.parent.exists()
    assert "Kept the summaries" in said
    assert "--purge-data" in said
    _, said = ask("uninstall", "--root", root, "--purge-data")
    assert not journal.parent.parent.exists()
    assert "1 journal for good" in said


def test_nothing_stays_where_nothing_was_kept(root: Path) -> None:
    ask("install", "--root", root)
    lock = root / "var/lib/edge/locks/dev-video0.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    _, said = ask("uninstall", "--root", root)
    assert not (root / "var/lib/edge").exists()
    assert "summaries" not in said


def test_a_file_of_another_origin_is_not_overwritten(root: Path) -> None:
    theirs = root / "etc/udev/rules.d/70-edge-camera.rules"
    theirs.write_text("# theirs\n")
    before = tree(root)
    code, said = ask("install", "--root", root)
    assert code == 78
    assert str(theirs) in said
    assert tree(root) == before


@pytest.mark.parametrize(
    "camera", ["../../etc", "video", "camera-", "camera-a/b", "0;reboot", "camera-a b", "/dev/sda"]
)
def test_a_name_that_is_no_cameras_is_refused(root: Path, camera: str) -> None:
    before = tree(root)
    code, said = ask("install", "--root", root, "--camera", camera)
    assert code == 2
    assert repr(camera) in said
    assert tree(root) == before


def test_every_name_that_can_be_a_service_is_a_camera() -> None:
    for name in ("0", "12", "pi", "camera-046d_HD_Pro_Webcam_C920_1A", "camera-pci-0000:00:14.0-usb-0:2:1.0"):
        assert camera_source(name).live


def test_the_settings_that_are_installed_are_settings(root: Path) -> None:
    ask("install", "--root", root)
    file = root / "etc/edge/edge.toml"
    assert load_config(file, {}).retention_days == 90
    shown = file.read_text()
    file.write_text("\n".join(line.removeprefix("# ") if " = " in line else line for line in shown.splitlines()))
    assert load_config(file, {}).max_fps == 15  # the commented ones are good settings too


def test_what_was_half_done_can_be_undone(root: Path) -> None:
    (root / "etc/tmpfiles.d").write_text("a file in the way")
    before = tree(root)
    code, said = ask("install", "--root", root)
    assert code == 74
    assert f"{root}/etc/tmpfiles.d cannot be written" in said
    assert tree(root) != before
    assert ask("uninstall", "--root", root)[0] == 0
    assert tree(root) == before


@pytest.mark.parametrize("words", [["install"], ["uninstall"]])
def test_without_root_or_without_systemd_it_says_so(monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    code, said = ask(*words)
    assert (code, "sudo" in said, said.count("\n")) == (77, True, 1)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(Path, "is_dir", lambda self, **_: False)
    code, said = ask(*words)
    assert (code, "systemd does not run this machine" in said, said.count("\n")) == (69, True, 1)


def test_it_is_installed_and_explains_itself() -> None:
    for words in (["--help"], ["install", "--help"], ["uninstall", "--help"], ["status", "--help"]):
        assert ask(*words)[0] == 0
    program = Path(sys.executable).with_name("edge-service")
    shown = subprocess.run([program, "--help"], capture_output=True, text=True, check=False)
    assert "uninstall" in shown.stdout


def test_consent_is_the_default_and_notices_are_never_overwritten(root: Path) -> None:
    ask("install", "--root", root)
    settings = load_config(root / "etc/edge/edge.toml", {})
    assert settings.require_consent
    assert settings.notices == Path("/etc/edge/notices")
    notices = root / "etc/edge/notices"
    assert sorted(path.name for path in notices.iterdir()) == ["1.de.txt", "1.txt"]
    for shipped in notices.iterdir():
        shipped.unlink()
    (notices / "2.txt").write_text("Our own.\n")
    ask("install", "--root", root)
    assert [path.name for path in notices.iterdir()] == ["2.txt"]
    ask("uninstall", "--root", root)
    assert tree(notices) == {"2.txt": "Our own.\n"}
    ask("install", "--root", root)
    assert tree(notices) == {"2.txt": "Our own.\n"}


def test_a_changed_notice_survives_an_update_and_the_end(root: Path) -> None:
    ask("install", "--root", root)
    notice = root / "etc/edge/notices/1.txt"
    notice.write_text("Adapted.\n")
    ask("install", "--root", root)
    assert "1.txt: it was changed" in ask("uninstall", "--root", root)[1]
    assert notice.read_text() == "Adapted.\n"
