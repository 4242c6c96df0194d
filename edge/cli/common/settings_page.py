"""The tables of docs/settings.md; `python -m edge.cli.common.settings_page` makes them anew."""

from itertools import groupby
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from edge.cli.common.settings import Setting, declared_settings
from edge.config import Config

_BEGIN: Final = "<!-- made from edge/config/settings.py: begin -->"
_END: Final = "<!-- made from edge/config/settings.py: end -->"


def settings_tables(model: type[BaseModel] = Config) -> str:
    """Every setting as Markdown, a table for each group: key, flag, default and meaning."""
    tables = []
    for group, settings in groupby(declared_settings(model), key=lambda setting: setting.group):
        head = [f"### {group}", "", "| key | flag | default | meaning |", "| --- | --- | --- | --- |"]
        tables.append("\n".join([*head, *map(_row, settings)]))
    return "\n\n".join(tables)


def with_tables(page: str, model: type[BaseModel] = Config) -> str:
    """A page with its tables made anew between their two marks."""
    before, _, rest = page.partition(_BEGIN)
    return f"{before}{_BEGIN}\n\n{settings_tables(model)}\n\n{_END}{rest.partition(_END)[2]}"


def _row(setting: Setting) -> str:
    flag = f"{setting.flag} {setting.value}".rstrip().replace("|", "\\|")
    default = "" if setting.default is None else f"`{setting.default}`"
    return f"| `{setting.name}` | `{flag}` | {default} | {setting.help} |"


if __name__ == "__main__":
    place = Path("docs/settings.md")
    place.write_text(with_tables(place.read_text("utf-8")), "utf-8")
