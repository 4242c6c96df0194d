"""A report as a folder: an index, and pages of so many sessions each."""

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from edge.core.errors import CannotWrite
from edge.core.sessions import SessionRecord
from edge.host.files.private_files import cannot_write
from edge.journal.exporting import opened_export
from edge.journal.several import Journals
from edge.report.html import write_html, write_index
from edge.report.pages import Page, file_of, links
from edge.report.section import WindowsOf

_PAGE: Final = re.compile(r"sessions-\d{5}\.html")


def write_folder(
    folder: Path,
    reader: Journals,
    sessions: Iterator[SessionRecord],
    count: int,
    on_a_page: int,
    *,
    windows: bool,
    segments_of: WindowsOf,
) -> None:
    """Write `index.html` and the pages it leads to, each in memory for one page; pages of an earlier report go.

    Args:
        folder: Created for its owner alone if absent.
        reader: The journals that the sessions are of.
        sessions: What is reported.
        count: How many sessions there are.
        on_a_page: How many sessions a page has.
        windows: Whether to add a table of each session's windows.
        segments_of: Returns the segments of a session by its id.

    Raises:
        CannotWrite: The folder is a file, or cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise CannotWrite(f"{folder} is a file, not a folder.", fix="Name a folder.")
    last, pages = -(-count // on_a_page), list[Page]()
    while found := list(islice(sessions, on_a_page)):
        page = Page.of(len(pages) + 1, len(pages) * on_a_page + 1, found)
        pages.append(page)
        part = f"Sessions {page.cells['Sessions']} of {count:,}."
        with opened_export(folder / page.file) as out:
            write_html(
                found,
                reader.rows,
                out,
                windows=windows,
                notices=reader.notices() if page.number == 1 else (),
                part=part,
                segments_of=segments_of,
                links=links(page.number, last),
            )
    if not pages:
        with opened_export(folder / file_of(1)) as out:
            write_html([], reader.rows, out, notices=reader.notices())
        pages.append(Page.of(1, 1, []))
    with opened_export(folder / "index.html") as out:
        write_index(pages, out)
    written = {page.file for page in pages}
    try:
        for old in folder.iterdir():
            if _PAGE.fullmatch(old.name) and old.name not in written:
                old.unlink()
    except OSError as error:
        raise cannot_write(folder, error) from error
