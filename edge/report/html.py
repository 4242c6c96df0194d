"""Reports as one HTML page without scripts or external resources, with every text escaped."""

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, TextIO

from edge.core.insights.text import CAUTION
from edge.core.labels import EMOTIONS
from edge.core.sessions import JournalNotice, SessionRecord
from edge.report.cells import TEXT_COLUMNS, printable, session_cells
from edge.report.pages import Page
from edge.report.section import WindowsOf, moment, session_section
from edge.report.timeline import HEIGHT, SCORE_HEIGHT, WIDTH

_HERE: Final = Path(__file__).parent
_OVERVIEW: Final = (
    "Session",
    "Started",
    "Length",
    "Readable",
    "Reserved",
    "Balanced",
    "Expressive",
    "Percentile",
    "State",
    "Purpose",
)  # the other columns are in the section of each session


def write_html(
    sessions: Sequence[SessionRecord],
    windows_of: WindowsOf,
    out: TextIO,
    *,
    windows: bool = False,
    notices: Iterable[JournalNotice] = (),
    part: str = "",
    segments_of: WindowsOf = lambda _: (),
    links: Mapping[str, str] | None = None,
) -> None:
    """Write the page in ASCII, one session after another while they are read.

    Args:
        sessions: What is reported.
        windows_of: Returns the windows of a session by its id; called once or twice for each.
        out: A text file.
        windows: Whether to add a table of each session's windows.
        notices: Events of the journal.
        segments_of: Returns the segments of a session by its id.
        part: Which of all sessions these are, as a sentence; empty where they are all.
        links: Other pages of the same report: what each is called, and its file.
    """
    _write(
        "report.html.jinja",
        out,
        count=len(sessions),
        part=part,
        written=moment(datetime.now(UTC)),
        notices=[{"at": moment(notice.noticed_at), "text": notice.text} for notice in notices],
        overview=[{"id": session.id, "cells": _overview(session)} for session in sessions],
        text_columns=(*TEXT_COLUMNS, "Started"),
        sessions=(session_section(session, windows_of, segments_of, table=windows) for session in sessions),
        caution=CAUTION,
        emotions={name: place for place, name in enumerate(EMOTIONS)},  # no page of an assessment names one
        width=WIDTH,
        height=HEIGHT,
        score_height=SCORE_HEIGHT,
        links=links or {},
    )


def write_index(pages: Sequence[Page], out: TextIO) -> None:
    """Write a page in ASCII that leads to pages of sessions.

    Args:
        pages: In their order.
        out: A text file.
    """
    _write(
        "index.html.jinja",
        out,
        count=sum(page.count for page in pages),
        written=moment(datetime.now(UTC)),
        pages=[{"file": page.file, "cells": page.cells} for page in pages],
    )


def _write(template: str, out: TextIO, **values: Any) -> None:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def finalize(value: Any) -> Any:
        return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    style = (_HERE / "report.css").read_text(encoding="ascii")
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    policy = f"default-src 'none'; style-src '{_hash(style)}'; base-uri 'none'; form-action 'none'"
    page = environment.get_template(template).stream(policy=policy, style=Markup(style), **values)
    page.enable_buffering(64)
    for text in page:
        out.write(text.encode("ascii", "xmlcharrefreplace").decode())


def _overview(session: SessionRecord) -> dict[str, str]:
    cells = session_cells(session) | {"Started": moment(session.started_at)}
    return {name: cells[name] for name in _OVERVIEW}


def _hash(style: str) -> str:
    return f"sha256-{b64encode(sha256(style.encode()).digest()).decode()}"
