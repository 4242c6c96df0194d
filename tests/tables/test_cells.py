"""Columns of cells: the same text as cell by cell, and many of them a second."""

import csv
import io
import time
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from edge.cli.booth.keys import app as keys_app
from edge.cli.journals.report import app
from edge.core.summaries import Kind
from edge.journal.columns import in_columns, row_of
from edge.journal.sealing.seal import Seal
from edge.journal.store import Journal
from edge.tables.cells import CsvCells, Repeated
from edge.tables.columns import Column, Type
from edge.tables.figures import rounded
from edge.tables.summaries import summary_cells, summary_table
from edge.tables.text import write_csv, write_csv_cells

FIGURES = st.one_of(
    st.none(),
    st.floats(-1e15, 1e15),
    st.floats(0, 1),
    st.integers(-(10**8), 10**8).map(lambda whole: whole / 10**7),  # among them the middles between two
    st.integers(0, 640).map(lambda parts: parts / 640),
)
CELLS = st.tuples(
    FIGURES,
    st.one_of(st.none(), st.integers(-(10**15), 10**15)),
    st.one_of(st.none(), st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))),
    st.one_of(st.none(), st.booleans()),
    st.one_of(st.none(), st.datetimes(timezones=st.just(UTC))),
)
TYPES = [Type.NUMBER, Type.WHOLE, Type.TEXT, Type.TRUTH, Type.DATE]


@settings(max_examples=30)
@given(st.lists(CELLS, min_size=1, max_size=20), st.integers(1, 3))
def test_the_text_of_columns_is_that_of_cell_by_cell(rows, times):
    expected = io.StringIO(newline="")
    exact = [(None if row[0] is None else round(row[0], 6) + 0.0, *row[1:]) for row in rows for _ in range(times)]
    write_csv([Column("x", type, "") for type in TYPES], exact, expected, head=False)
    columns = [Repeated(column, [times] * len(rows)) for column in zip(*rows, strict=True)]
    assert CsvCells().lines(TYPES, columns) == expected.getvalue()


@given(st.lists(FIGURES, min_size=1))
def test_figures_are_rounded_as_by_python(figures):
    expected = [None if figure is None else round(figure, 6) + 0.0 for figure in figures]
    assert [None if np.isnan(one) else one for one in rounded(figures).tolist()] == expected


def test_sealed_windows_stand_between_others_with_their_time_and_opened_with_their_figures(tmp_path, summaries):
    key, journal = tmp_path / "key", tmp_path / "journal"
    assert CliRunner().invoke(keys_app, ["new", str(key)]).exit_code == 0
    recipient = next(line.split()[-1] for line in key.read_text().splitlines() if "public key" in line)
    for name, seal in (("plain", None), ("sealed", Seal.to([recipient])), ("after", None)):
        with Journal.open(journal, seal=seal) as opened:
            opened.begin(name, started_at=datetime(2026, 3, 1, 12, tzinfo=UTC), window_s=2.0, software="0")
            for summary in summaries(name, 3):
                opened.write(summary)
    tables = []
    for words in ([], ["--key", str(key)]):
        answer = CliRunner().invoke(app, [str(journal), "--format", "csv", "--rows", "windows", *words])
        assert answer.exit_code == 0, answer.output
        tables.append(list(csv.DictReader(io.StringIO(answer.stdout, newline=""))))
    closed, opened_rows = tables
    assert [row["session"] for row in closed] == ["plain"] * 3 + ["sealed"] * 3 + ["after"] * 3
    assert [row["offset_s"] for row in closed] == ["0.0", "2.0", "4.0"] * 3 == [row["offset_s"] for row in opened_rows]
    assert [bool(row["frames_read"]) for row in closed] == [True] * 3 + [False] * 3 + [True] * 3
    own = ("session", "session_id", "clock_synchronised")
    assert [{**row, **dict.fromkeys(own)} for row in opened_rows[3:6]] == [
        {**row, **dict.fromkeys(own)} for row in opened_rows[:3]
    ]


def test_thousands_of_windows_are_written_in_a_moment(tmp_path, summaries):
    first, *_ = summaries("s", 1)
    with Journal.open(tmp_path / "journal") as journal:
        journal.begin("s", started_at=None, window_s=2.0, software="0", source="x.mp4", recorded=True)
        session = journal.sessions()[0]
    rows = [row_of(replace(first, sequence=number, readable_share=number / 5000)) for number in range(5000)]
    began_s, out = time.process_time(), io.StringIO(newline="")
    cells = summary_cells(in_columns([(session, iter(rows))]), Kind.WINDOW)
    write_csv_cells(summary_table(Kind.WINDOW).columns, cells, out)
    assert time.process_time() - began_s < 2.5, "0.1 s on an idle machine; row by row it took 0.4 s"
    assert out.getvalue().count("\r\n") == 5001
