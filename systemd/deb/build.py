"""Builds the Debian package: the program with every library it runs on, its units, its settings.

    python3 systemd/deb/build.py [--release bookworm|trixie] [--arch amd64|arm64] [--out dist]

Libraries come as wheels, in the versions and with the hashes of uv.lock, so that a package for another machine is built
on any: only a library without a wheel for it would make that impossible, and there is none. Needs uv and dpkg-deb.
"""

import argparse
import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from email.utils import formatdate
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # the system's Python has the program nowhere else

from edge.systemd.commands import write_commands  # noqa: E402

NAME: Final = "edge-expressiveness"
RELEASES: Final = {"bookworm": ("deb12", "3.11"), "trixie": ("deb13", "3.13")}
PLATFORMS: Final = {"amd64": "x86_64-manylinux_2_36", "arm64": "aarch64-manylinux_2_36"}
# The program's own environment, whatever lies below /usr/lib/edge; a Raspberry Pi's picamera2 comes from the system.
_ENVIRONMENT: Final = "home = /usr/bin\ninclude-system-site-packages = true\nversion = {python}\n"


def main() -> None:
    """Build it as the command line says."""
    codename = _of_this_machine()
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--release", choices=RELEASES, default=codename if codename in RELEASES else "trixie")
    parser.add_argument("--arch", choices=PLATFORMS, default=_run("dpkg", "--print-architecture").strip())
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    parser.add_argument("--revision", type=int, default=1, help="of the package, for the same version of the program")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(build(Path(folder), given.release, given.arch, given.revision, given.out))


def build(work: Path, release: str, arch: str, revision: int, out: Path) -> Path:
    """Build one package.

    Args:
        work: An empty folder.
        release: Debian's codename.
        arch: Debian's name of the architecture.
        revision: Of the package.
        out: The folder that it is written to.

    Returns:
        The package.
    """
    number, python = RELEASES[release]
    version = f"{tomllib.loads((ROOT / 'pyproject.toml').read_text())['project']['version']}-{revision}+{number}"
    tree = work / "tree"
    wheel = _wheel(work)
    _environment(tree / "usr/lib/edge/package", wheel, work, python, arch)
    _commands(tree)
    _units(tree)
    _documents(tree, version, release)
    _permissions(tree)
    _control(tree, version, arch, python)
    out.mkdir(parents=True, exist_ok=True)
    place = out.resolve() / f"{NAME}_{version}_{arch}.deb"
    _run("dpkg-deb", "--root-owner-group", "-Zxz", "-z1", "--build", tree, place)  # higher levels take minutes on a Pi
    return place


def _wheel(work: Path) -> Path:
    _run(_uv(), "build", "--quiet", "--wheel", "--out-dir", work, ROOT)
    (wheel,) = work.glob("*.whl")
    return wheel


def _environment(place: Path, wheel: Path, work: Path, python: str, arch: str) -> None:
    """Lay out a virtual environment as `python -m venv` would, for a Python that need not be here."""
    wanted, libraries = work / "wanted.txt", place / "lib" / f"python{python}" / "site-packages"
    extras = ("--no-dev", "--no-group", "mediapipe", "--extra", "screen", "--extra", "pi")
    _run(_uv(), "--quiet", "--project", ROOT, "export", "--locked", *extras, "--no-emit-project", "-o", wanted)
    there = ("--python-platform", PLATFORMS[arch], "--python-version", python, "--target", libraries)
    plain = ("pip", "install", "--quiet", "--no-deps", "--link-mode", "copy", "--only-binary", ":all:")
    _run(_uv(), *plain, *there, "--require-hashes", "-r", wanted)
    _run(_uv(), *plain, *there, wheel)
    shutil.rmtree(libraries / "bin", ignore_errors=True)
    (libraries / ".lock").unlink(missing_ok=True)
    for cache in [*libraries.rglob("__pycache__")]:
        shutil.rmtree(cache)
    (place / "bin").mkdir()
    (place / "bin/python").symlink_to(f"/usr/bin/python{python}")
    (place / "pyvenv.cfg").write_text(_ENVIRONMENT.format(python=python))
    write_commands(place)


def _commands(tree: Path) -> None:
    there = tree / "usr/bin"
    there.mkdir(parents=True)
    for command in sorted((tree / "usr/lib/edge/package/bin").glob("edge*")):
        (there / command.name).symlink_to(f"../lib/edge/current/bin/{command.name}")


def _units(tree: Path) -> None:
    """Put units, rules, users, folders and settings where systemd, udev and dpkg look for them."""
    units = ROOT / "systemd"
    for pattern, folder in (
        ("edge-*@*.service", "usr/lib/systemd/system"),
        ("edge-*.socket", "usr/lib/systemd/system"),
        ("edge-purge.*", "usr/lib/systemd/system"),
        ("*.service.d/*.conf", "usr/lib/systemd/system"),
        ("70-edge-camera.rules", "usr/lib/udev/rules.d"),
        ("71-edge-start.rules", f"usr/share/{NAME}"),
        ("edge-run.apparmor", f"usr/share/{NAME}"),
        ("edge.toml", "etc/edge"),
    ):
        for source in units.glob(pattern):
            if source.is_file():
                _copy(source, tree / folder / source.relative_to(units))
    _copy(units / "sysusers.conf", tree / "usr/lib/sysusers.d/edge.conf")
    _copy(units / "tmpfiles.conf", tree / "usr/lib/tmpfiles.d/edge.conf")
    for notice in (ROOT / "edge/consent/texts").glob("*.txt"):
        _copy(notice, tree / "etc/edge/notices" / notice.name)


def _documents(tree: Path, version: str, release: str) -> None:
    there = tree / "usr/share/doc" / NAME
    _copy(ROOT / "systemd/deb/copyright", there / "copyright")
    _copy(ROOT / "systemd/deb/lintian-overrides", tree / "usr/share/lintian/overrides" / NAME)
    author = _control_fields()["Maintainer"]
    date = formatdate(float(os.environ.get("SOURCE_DATE_EPOCH") or (ROOT / "CHANGELOG.md").stat().st_mtime))
    entry = f"{NAME} ({version}) {release}; urgency=medium\n\n  * See changelog.gz.\n\n -- {author}  {date}\n"
    for name, text in (("changelog.Debian.gz", entry), ("changelog.gz", (ROOT / "CHANGELOG.md").read_text())):
        (there / name).write_bytes(gzip.compress(text.encode(), mtime=0))


def _permissions(tree: Path) -> None:
    for path in tree.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
    tree.chmod(0o755)


def _control(tree: Path, version: str, arch: str, python: str) -> None:
    files = sorted(path for path in tree.rglob("*") if path.is_file() and not path.is_symlink())
    after = f"{python.split('.')[0]}.{int(python.split('.')[1]) + 1}"
    fields = _control_fields() | {"Version": version, "Architecture": arch}
    fields["Depends"] = f"python3 (>= {python}~), python3 (<< {after}~), {fields['Depends']}"
    fields["Installed-Size"] = str(sum(-(-path.stat().st_size // 1024) for path in files))
    there = tree / "DEBIAN"
    there.mkdir(mode=0o755)
    description = fields.pop("Description")
    lines = [*(f"{name}: {value}" for name, value in fields.items()), f"Description: {description}"]
    (there / "control").write_text("\n".join(lines) + "\n")
    names = [path.relative_to(tree) for path in files]
    (there / "conffiles").write_text("".join(f"/{name}\n" for name in names if name.parts[0] == "etc"))
    sums = (f"{hashlib.md5((tree / name).read_bytes()).hexdigest()}  {name}\n" for name in names)
    (there / "md5sums").write_text("".join(sums))
    for script in ("postinst", "prerm", "postrm"):
        (there / script).write_text((ROOT / "systemd/deb" / script).read_text().replace("@VERSION@", version))
        (there / script).chmod(0o755)


def _control_fields() -> dict[str, str]:
    fields, name = dict[str, str](), ""
    for line in (ROOT / "systemd/deb/control").read_text().splitlines():
        if line.startswith(" "):
            fields[name] += f"\n{line}"
        else:
            name, _, fields[name] = line.partition(": ")
    return fields


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _of_this_machine() -> str:
    lines = Path("/etc/os-release").read_text().splitlines()
    return next((line.partition("=")[2] for line in lines if line.startswith("VERSION_CODENAME=")), "")


def _uv() -> str:
    return os.environ.get("UV") or shutil.which("uv") or str(ROOT / ".uv/bin/uv")


def _run(*command: str | Path) -> str:
    done = subprocess.run([*map(str, command)], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} ended with {done.returncode}.")
    return done.stdout


if __name__ == "__main__":
    main()
