"""For mkdocs: the README and other pages beside docs/ become pages of the site, and links fit them."""

import re
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath
from typing import Any, Final

from mkdocs.structure.files import File, Files

ROOT: Final = Path(__file__).parents[1]
# Where a file of the repository is in the site, apart from those of docs/.
PLACES: Final = {
    "README.md": "index.md",
    **{name: name for name in ("SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md", "models/shipped/README.md")},
}
SOURCES: Final = {place: name for name, place in PLACES.items()}
_LINK: Final = re.compile(r"(!?)\[([^\]]*)\]\((?!https?:|mailto:|#)([^)#\s]+)(#[^)\s]*)?\)")


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that are not in docs/."""
    for name, place in PLACES.items():
        files.append(File.generated(config, place, content=(ROOT / name).read_text("utf-8")))
    return files


def on_page_markdown(markdown: str, page: Any, files: Files, **_: Any) -> str:
    """Lead each link to its page of the site; of one to a file that is not in the site, only the text stays.

    One that leads nowhere stays as it is, for mkdocs to report.
    """
    here = page.file.src_uri
    source = SOURCES.get(here, f"docs/{here}")

    def mended(link: re.Match[str]) -> str:
        picture, text, target, part = link[1], link[2], link[3], link[4] or ""
        named = normpath(str(PurePosixPath(source).parent / target))
        place = PLACES.get(named, named.removeprefix("docs/") if named.startswith("docs/") else None)
        if place is None or files.get_file_from_path(place) is None:
            return text if (ROOT / named).exists() else link[0]
        return f"{picture}[{text}]({relpath(place, str(PurePosixPath(here).parent))}{part})"

    return _LINK.sub(mended, markdown)
