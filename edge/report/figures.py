"""Results of an evaluation, a benchmark or a health check, as tables for a terminal."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table


def evaluation_text(figures: Mapping[str, Any]) -> None:
    """Print the result of `Evaluation.as_json`."""
    console = Console(highlight=False)
    lowest = figures["lowest_recall"]
    least = f", lowest recall {_share(lowest['recall'])} ({lowest['label']})" if lowest else ""
    console.print(
        f"{figures['model']}: accuracy {_share(figures['accuracy'])}, balanced {_share(figures['balanced_accuracy'])}"
        f"{least} "
        f"over {figures['n']} pictures; expected calibration error {_share(figures['expected_calibration_error'])}.",
        soft_wrap=True,
    )
    if figures["rank_correlation"] is not None:
        console.print(f"Spearman's rank correlation of score and votes: {figures['rank_correlation']:.3f}.")
    if figures["labels"] == "ferplus":
        console.print(f"Compared with FER+'s votes. Left out: {_counts(figures['left_out'])}.", soft_wrap=True)
    if (own := figures["without_ties"]) is not None:
        console.print(
            f"{own['n']} of them have one majority alone: accuracy {_share(own['accuracy'])}, "
            f"balanced {_share(own['balanced_accuracy'])}.",
            soft_wrap=True,
        )
    console.print(f"Not read: {_counts(figures['abstentions'])}.")
    # Two tables without lines, so that seven emotions fit into 80 columns.
    measured = _table("true", "n", "recall", "precision", "F1")
    for label, own in figures["per_class"].items():
        measured.add_row(label, str(own["n"]), *(_share(own[name]) for name in ("recall", "precision", "f1")))
    matrix = figures["confusion_matrix"]
    answered = _table("true / read", *matrix["labels"])
    for label, row in zip(matrix["labels"], matrix["rows_true"], strict=True):
        answered.add_row(label, *map(str, row))
    tables = [measured, answered]
    if figures["groups"] is not None:
        tables.append(_groups(figures["groups"]))
    for table in tables:
        console.print()
        console.print(table)
    if figures["groups"] is not None:
        console.print(_group_note(figures["in_no_group"]), soft_wrap=True)


def windows_text(figures: Mapping[str, Any]) -> None:
    """Print the result of `WindowsEvaluation.as_json`."""
    console = Console(highlight=False)
    console.print(
        f"{figures['model']}: accuracy {_share(figures['accuracy'])}, area under the curve "
        f"{_share(figures['area_under_curve'])} over {figures['n']} windows of {figures['segments']} segments, "
        f"{figures['people']} people; expected calibration error {_share(figures['expected_calibration_error'])}.",
        soft_wrap=True,
    )
    table = _table("true", "n", "recall", "precision", "F1")
    for label, own in figures["per_class"].items():
        table.add_row(label, str(own["n"]), *(_share(own[name]) for name in ("recall", "precision", "f1")))
    console.print(table)


def disturbed_text(figures: Mapping[str, Any]) -> None:
    """Print the result of `DisturbedEvaluation.as_json`."""
    console = Console(highlight=False)
    console.print(
        f"{figures['model']}: accuracy {_share(figures['accuracy_alone'])} over {figures['n']} faces alone; mean drop "
        f"{_share(figures['mean_drop'])} in disturbed scenes (seed {figures['seed']}).",
        soft_wrap=True,
    )
    table = _table("scene", "read", "accuracy", "alone", "drop")
    for name, own in figures["disturbances"].items():
        table.add_row(
            name.replace("_", " "),
            *(_share(own[figure]) for figure in ("read_share", "accuracy", "accuracy_alone", "drop")),
        )
    console.print(table)
    console.print("alone: the accuracy of the same faces, those that were read in the scene, without it.")


def bench_text(figures: Mapping[str, Any]) -> None:
    """Print the result of `Bench.as_json`."""
    console = Console(highlight=False)
    console.print(
        f"{figures['source']}: {figures['frames']} frames, {figures['backend']}, {figures['threads']} thread(s), "
        f"{figures['machine']['processor']}.",
        soft_wrap=True,
    )
    table = _table("stage", "median ms", "p95 ms", "p99 ms")
    for stage, times in figures["stages_ms"].items():
        table.add_row(stage.replace("_", " "), *(f"{times[name]:.3f}" for name in ("median", "p95", "p99")))
    console.print(table)
    with_decoding = f"{figures['frames_per_s_decoded']:.0f} with it"
    console.print(f"Whole loop: {figures['frames_per_s']:.0f} frames/s, decoding apart; {with_decoding}.")
    if figures["loop_to_bare"] is not None:
        console.print(
            f"The loop takes {figures['loop_to_bare']:.2f} times the bare detector and interpreters; "
            f"{figures['decoded_to_bare']:.2f} with decoding."
        )
    if figures["cold_start_s"] is not None:
        console.print(f"Cold start to the first reading: {figures['cold_start_s']:.2f} s.")
    console.print(
        f"Peak memory: {figures['peak_memory_mb']:.0f} MB, and {figures['decoder_memory_mb']:.0f} MB to decode."
    )
    if figures["cpu_share"] is not None:
        console.print(
            f"At {figures['max_fps']:g} frames/s: {figures['cpu_share']:.1%} of one core, "
            f"and {figures['decoder_cpu_share']:.1%} to decode."
        )


def findings_text(findings: Iterable[Mapping[str, Any]]) -> None:
    """Print results of `Finding.as_json`, one check a line."""
    console = Console(highlight=False)
    for finding in findings:
        mark = "[green]ok  [/]" if finding["ok"] else "[red]FAIL[/]" if finding["essential"] else "[yellow]note[/]"
        fix = f" {escape(finding['fix'])}" if finding["fix"] else ""
        console.print(f"{mark}  {finding['check']}: {escape(finding['found'].rstrip('.'))}.{fix}", soft_wrap=True)


def networks_text(rows: Iterable[Mapping[str, Any]]) -> None:
    """Print the result of `edge.vision.comparison.networks_of`."""
    table = _table("network", "reads", "weights", "MB", "float", "INT8", "agree", "ms")
    for row in rows:
        table.add_row(escape(row["network"]), *_figures_of(row))
    console = Console(highlight=False)
    console.print(table)
    console.print(
        "Accuracy is that of the most probable label, each by the labels that the network learnt: figures of different "
        "labels do not compare. ms: INT8, one thread, on the machine that converted it.",
        soft_wrap=True,
    )


def networks_markdown(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return the result of `edge.vision.comparison.networks_of` as a table in Markdown."""
    head = ("network", "reads", "weights", "MB", "accuracy, float", "accuracy, INT8", "same label", "ms")
    lines = [head, ("---",) * len(head), *((row["network"], *_figures_of(row)) for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _figures_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The cells of a network behind its name."""
    return (
        row["reads"],
        "-" if row["weights"] is None else f"{row['weights'] / 1e6:.2f} M",
        f"{row['size_bytes'] / 1e6:.2f}",
        *(_share(row[figure]) for figure in ("accuracy_float", "accuracy_int8", "agreement")),
        "-" if row["milliseconds"] is None else f"{row['milliseconds']:.2f}",
    )


def _groups(groups: Mapping[str, Any]) -> Table:
    table = _table("group", "n", "error", "95 % interval", "not read", "95 % interval")
    for name, own in groups.items():
        shares = (own["error"], own["error_interval_95"], own["not_read_share"], own["not_read_interval_95"])
        table.add_row(
            escape(name),
            str(own["n"]),
            *(_ends(share) if isinstance(share, list) else _share(share) for share in shares),
        )
    return table


def _ends(interval: list[float]) -> str:
    return " to ".join(map(_share, interval))


def _group_note(in_no_group: int) -> str:
    """Return a note on how to read the table of groups."""
    note = "Intervals are Wilson's. Groups whose intervals overlap may be alike; others may differ in what they show."
    return note + (f" In no group: {in_no_group} pictures." if in_no_group else "")


def _counts(by_reason: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in by_reason.items()) or "none"


def _table(*names: str) -> Table:
    table = Table(*names, box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for column in table.columns[1:]:
        column.justify = "right"
    return table


def _share(figure: float | None) -> str:
    return "-" if figure is None else f"{figure:.3f}"
