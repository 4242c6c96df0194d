"""Settings as TOML: a file to begin with, and what is in force with the place of each value."""

import json
from collections.abc import Iterator
from enum import Enum
from itertools import groupby
from pathlib import Path
from typing import Any

from edge.cli.common.settings import Setting, declared_settings
from edge.config import Config
from edge.config.loading import Effective, Origin


def template() -> str:
    """Every setting with its meaning and its default, as comments; a setting takes effect without its `#`."""
    parts = ["# Settings for edge-run --config. Remove the # before a setting to set it; docs/settings.md has more."]
    for group, settings in groupby(declared_settings(), key=lambda setting: setting.group):
        parts += [f"# --- {group} ---", *map(_commented, settings)]
    return "\n\n".join(parts) + "\n"


def in_force(found: Effective) -> Iterator[tuple[str, Any, Origin, str]]:
    """Yield each setting's name, its value as JSON has it, its origin, and the place as text."""
    for each in declared_settings():
        origin = found.origins[each.name]
        value = _default_place(each.name) if origin is Origin.DEFAULT else None
        value = getattr(found.config, each.name) if value is None else value
        yield each.name, _plain(value), origin, found.places.get(each.name, origin.value)


def as_toml(value: Any) -> str:
    """A value of `in_force` as TOML has it; `""`, which no setting has, for None."""
    return json.dumps("" if value is None else value, ensure_ascii=False)


def _commented(each: Setting) -> str:
    default = Config.model_fields[each.name].default
    value = each.value or "..." if default is None else as_toml(_plain(default))
    return f"# {each.help}\n#{each.name} = {json.dumps(value) if default is None else value}"


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    match value:
        case Enum():
            return value.value
        case Path():
            return str(value)
        case tuple():
            return [*map(_plain, value)]
        case float() if value.is_integer():
            return int(value)
    return value


def _default_place(name: str) -> Path | None:
    """The place that a setting without a value means."""
    match name:
        case "journal":
            from edge.journal.file.location import default_journal

            return default_journal()
        case "models":
            from edge.vision.card import shipped_models

            return shipped_models()
        case "notices":
            from edge.consent.notices import shipped_notices

            return shipped_notices()
    return None
