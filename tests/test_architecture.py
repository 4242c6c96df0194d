"""The diagram of docs/architecture.md has exactly the imports between rooms that the code has."""

import re
from itertools import product
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("edge", "models", "converter")
Arrow = tuple[str, str]


def room_of(module: str) -> str:
    """`edge.cli` for `edge.cli.run`, `models` for whatever is below it."""
    package, *below = module.split(".")
    return f"{package}.{below[0]}" if package == "edge" and below else package


def imported() -> set[Arrow]:
    """The arrows between rooms as the code has them."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    arrows = {
        (room_of(module), room_of(other))
        for module in graph.modules
        for other in graph.find_modules_directly_imported_by(module)
    }
    return {(start, end) for start, end in arrows if start != end}


def drawn(diagram: str) -> set[Arrow]:
    """The arrows of a mermaid flowchart; one at a box around rooms stands for one at each room in it."""
    rooms: dict[str, set[str]] = {}
    around: list[str] = []
    arrows: set[Arrow] = set()
    for line in map(str.strip, diagram.splitlines()):
        if box := re.match(r"subgraph (\w+)", line):
            around.append(box[1])
            rooms[box[1]] = set()
        elif line == "end":
            around.pop()
        elif room := re.match(r"(\w+)\[\"?([\w.]+)", line):
            for name in (room[1], *around):
                rooms.setdefault(name, set()).add(room[2])
        elif "-->" in line:
            starts, ends = ([rooms[name] for name in side.split(" & ")] for side in line.split(" --> "))
            arrows |= set(product(set().union(*starts), set().union(*ends)))
    assert not around
    return {(start, end) for start, end in arrows if start != end}


@pytest.fixture(scope="module")
def diagram() -> str:
    (found,) = re.findall(r"```mermaid\n(.*?)```", (ROOT / "docs/architecture.md").read_text(), re.DOTALL)
    return str(found)


def test_the_diagram_has_every_arrow_between_rooms_and_no_other(diagram: str) -> None:
    there, shown = imported(), drawn(diagram)
    assert sorted(there - shown) == [], "docs/architecture.md lacks these arrows"
    assert sorted(shown - there) == [], "docs/architecture.md draws arrows that no import makes"


def test_an_arrow_at_a_box_counts_for_each_room_in_it() -> None:
    diagram = 'flowchart\nsubgraph low[Low]\na["edge.a<br>one"]\nb[edge.b]\nend\nc[edge.c]\nc --> low\na & c --> b'
    assert drawn(diagram) == {("edge.c", "edge.a"), ("edge.c", "edge.b"), ("edge.a", "edge.b")}


def test_every_room_is_described_in_one_line() -> None:
    page = (ROOT / "docs/architecture.md").read_text()
    rooms = {room for arrow in imported() for room in arrow if room != "edge"}
    assert [room for room in sorted(rooms) if f"| `{room}` |" not in page] == []


def test_every_decision_is_in_the_index_and_has_its_three_parts() -> None:
    folder = ROOT / "docs/decisions"
    index = (folder / "README.md").read_text()
    files = sorted(path for path in folder.glob("*.md") if path.name != "README.md")
    assert [path.name[:3] for path in files] == [f"{number:03}" for number in range(1, len(files) + 1)]
    for path in files:
        text = path.read_text()
        assert f"]({path.name})" in index
        assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Context", "Decision", "Consequence"], path.name
