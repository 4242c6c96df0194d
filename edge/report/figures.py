"""Figures of an evaluation, a measurement or a health check, as tables for a terminal."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table


def evaluation_text(figures: Mapping[str, Any]) -> None:
    """Print what `Evaluation.as_json` returned."""
    console = Console(highlight=False)
    console.print(
        f"{figures['model']}: accuracy {_share(figures['accuracy'])}, balanced {_share(figures['balanced_accuracy'])} "
        f"over {figures['n']} pictures; expected calibration error {figures['expected_calibration_error']:.3f}."
    )
    left_out = ", ".join(f"{count} {reason}" for reason, count in figures["abstentions"].items())
    console.print(f"Not read: {left_out or 'none'}.")
    labels = figures["confusion_matrix"]["labels"]
    table = Table("true", "recall", "precision", "F1", "n", *(f"as {label}" for label in labels))
    for column in table.columns[1:]:
        column.justify = "right"
    for label, row in zip(labels, figures["confusion_matrix"]["rows_true"], strict=True):
        own = figures["per_class"][label]
        table.add_row(
            label, *(_share(own[name]) for name in ("recall", "precision", "f1")), *map(str, (own["n"], *row))
        )
    console.print(table)


def bench_text(figures: Mapping[str, Any]) -> None:
    """Print what `Bench.as_json` returned."""
    console = Console(highlight=False)
    console.print(
        f"{figures['source']}: {figures['frames']} frames, {figures['backend']}, {figures['threads']} thread(s), "
        f"{figures['machine']['processor']}."
    )
    table = Table("stage", "median ms", "p95 ms", "p99 ms")
    for column in table.columns[1:]:
        column.justify = "right"
    for stage, times in figures["stages_ms"].items():
        table.add_row(stage.replace("_", " "), *(f"{times[name]:.3f}" for name in ("median", "p95", "p99")))
    console.print(table)
    console.print(f"Whole loop: {figures['frames_per_s']:.0f} frames/s, decoding apart.")
    if figures["loop_to_bare"] is not None:
        console.print(f"The loop takes {figures['loop_to_bare']:.2f} times the bare detector and interpreters.")
    if figures["cold_start_s"] is not None:
        console.print(f"Cold start to the first reading: {figures['cold_start_s']:.2f} s.")
    console.print(f"Peak memory: {figures['peak_memory_mb']:.0f} MB.")
    if figures["cpu_share"] is not None:
        console.print(f"At {figures['max_fps']:g} frames/s: {figures['cpu_share']:.1%} of one core.")


def findings_text(findings: Iterable[Mapping[str, Any]]) -> None:
    """Print what `Finding.as_json` returned, one check a line."""
    console = Console(highlight=False)
    for finding in findings:
        mark = "[green]ok  [/]" if finding["ok"] else "[red]FAIL[/]" if finding["essential"] else "[yellow]note[/]"
        fix = f" {escape(finding['fix'])}" if finding["fix"] else ""
        console.print(f"{mark}  {finding['check']}: {escape(finding['found'].rstrip('.'))}.{fix}", soft_wrap=True)


def _share(figure: float | None) -> str:
    return "-" if figure is None else f"{figure:.3f}"
