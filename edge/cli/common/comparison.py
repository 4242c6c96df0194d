"""What `edge-report --compare` and `--by` write."""

import sys
from collections.abc import Iterator
from typing import TextIO

from edge.cli.common.report_formats import Format, Group
from edge.core.errors import SourceNotFound
from edge.core.sessions import SessionRecord
from edge.core.summaries import Kind, Summary
from edge.journal.several import Journals
from edge.report.comparing.comparison import compare_groups, compare_sessions, emotions_compared
from edge.report.comparing.writing import write_comparison_csv, write_comparison_picture, write_comparison_text


def write_comparison(
    reader: Journals, sessions: list[SessionRecord], by: Group | None, format: Format, out: TextIO
) -> None:
    """Write a participant's sessions side by side, or the means of a study's groups.

    Args:
        reader: What the sessions were read from.
        sessions: Those of one participant, or of the study.
        by: The groups; None for a participant's sessions.
        format: Text, CSV or SVG.
        out: A text file.

    Raises:
        SourceNotFound: No session has such a group.
    """
    emotions = emotions_compared(sessions)
    remarks = (
        () if emotions else ("Emotions are not compared: a session was an assessment, or its purpose is unknown.",)
    )
    if by is None:
        compared = compare_sessions(sessions, reader.rows)
    else:
        compared = compare_groups(_grouped(reader, sessions, by), emotions=emotions)
    if not compared:
        raise SourceNotFound("There is nothing to compare.", fix="Give sessions a question, or segments.")
    match format:
        case Format.CSV:
            write_comparison_csv(compared, out)
        case Format.SVG:
            write_comparison_picture(compared, out)
        case _:
            counted = "windows" if by is None else "participants"
            meaning = f"In brackets 95 % intervals; n: {counted}, and below five of them there is no interval."
            write_comparison_text(compared, out, (meaning, *remarks))
    if format is not Format.TEXT:
        for remark in remarks:
            print(remark, file=sys.stderr)


def _grouped(reader: Journals, sessions: list[SessionRecord], by: Group) -> Iterator[tuple[str, str, Summary]]:
    """Group, participant and summary; a session without a participant counts as one of its own."""
    for session in sessions:
        person = session.labels.participant or f"session {session.id}"
        if by is Group.QUESTION:
            if session.labels.question is not None and session.summary is not None:
                yield session.labels.question, person, session.summary
            continue
        segments = reader.rows(session.id, Kind.SEGMENT)
        yield from ((each.segment, person, each) for each in segments if isinstance(each, Summary) and each.segment)
