"""A description of a data set as tables for a terminal."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from edge.core.labels import EXPRESSIVE_ABOVE, RESERVED_BELOW
from models.datasets.description.describe import Description
from models.datasets.description.scores import PERCENTILES


def print_description(described: Description) -> None:
    """Print the tables to standard output."""
    console = Console(highlight=False)
    total = sum(len(split) for split in described.splits.values())
    console.print(f"{escape(str(described.path))}: {described.form}, {total} faces.", soft_wrap=True)
    console.print(_counts("class", described.classes))
    ratio = described.largest_to_smallest
    balance = (
        "The smallest class is empty" if ratio is None else f"The largest class has {ratio:.1f} times the smallest"
    )
    console.print(f"{balance} ({next(iter(described.splits))}).")
    if described.persons is not None:
        people = ", ".join(f"{count} in {name}" for name, count in described.persons.items())
        console.print(f"People: {people}.")
    if described.voted is not None:
        console.print("\nMajority of the votes")
        console.print(_counts("majority", described.voted))
    if described.scores:
        _print_scores(console, described)
    _print_duplicates(console, described)
    _print_faceless(console, described)


def _counts(title: str, by_split: dict[str, dict[str, int]]) -> Table:
    table = _table(title, *by_split, "share")
    total = sum(sum(counts.values()) for counts in by_split.values())
    for name in next(iter(by_split.values())):
        row = [counts[name] for counts in by_split.values()]
        table.add_row(name, *map(str, row), f"{sum(row) / total:.3f}")
    table.add_row("together", *(str(sum(counts.values())) for counts in by_split.values()), "1.000")
    return table


def _print_scores(console: Console, described: Description) -> None:
    rated = all(split.scores is not None for split in described.splits.values())
    console.print(f"\nExpressiveness: {'as rated' if rated else 'the share of emotion votes that are not neutral'}")
    figures = {name: scores.as_json() for name, scores in described.scores.items()}
    table = _table("", *figures)
    for what in ("n", "mean", "sd", "least"):
        table.add_row(what, *(f"{of[what]:g}" for of in figures.values()))
    for at in PERCENTILES:
        table.add_row(f"{at} %", *(f"{of['percentiles'][str(at)]:.3f}" for of in figures.values()))
    table.add_row("most", *(f"{of['most']:g}" for of in figures.values()))
    console.print(table)
    name, scores = next(iter(described.scores.items()))
    low, high = scores.cuts
    shares = ", ".join(f"{level} {share:.3f}" for level, share in scores.shares(scores.cuts).items())
    console.print(
        f"Thresholds at the tertiles of {name}: {low:.4f} and {high:.4f}, which gives {shares}.", soft_wrap=True
    )
    if scores.line is not None:
        slope, offset = scores.line
        console.print(
            f"Standardised, they are {RESERVED_BELOW} and {EXPRESSIVE_ABOVE}: {slope:.4f} times the score "
            f"{'+' if offset >= 0 else '-'} {abs(offset):.4f}.",
            soft_wrap=True,
        )


def _print_duplicates(console: Console, described: Description) -> None:
    console.print("\nPictures that stand here more than once")
    table = _table("repeats one of", "in", "the same", "nearly", "share")
    for (first, second), (same, near) in described.repeats.items():
        share = (same + near) / len(described.splits[second])
        table.add_row(first, second, str(same), str(near), f"{share:.3f}")
    console.print(table)
    if described.contradictions:
        console.print(f"{described.contradictions} pictures stand here with more than one class.")


def _print_faceless(console: Console, described: Description) -> None:
    if described.voted is not None:
        by_votes = ", ".join(f"{row['not_a_face']} in {name}" for name, row in described.voted.items())
        console.print(f"\nWithout a face, by most votes: {by_votes}.")
    if described.undetected is not None:
        by_detector = ", ".join(f"{len(of)} in {name}" for name, of in described.undetected.items())
        console.print(f"Without a face that the detector finds: {by_detector}.")


def _table(*names: str) -> Table:
    table = Table(*names, box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for column in table.columns[1:]:
        column.justify = "right"
    return table
