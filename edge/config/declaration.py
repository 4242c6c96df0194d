"""How a setting is declared: its group, default, help and bounds."""

from enum import StrEnum
from typing import Any

from pydantic import Field


class Group(StrEnum):
    """What a setting is about; the order of `--help` and of docs/settings.md."""

    SOURCE = "Source"
    SESSION = "Session and consent"
    KEEPING = "What is kept"
    READING = "Reading faces"
    MODELS = "Models"
    RUNNING = "Running"


def setting(group: StrEnum, default: Any, help: str, metavar: str | None = None, **bounds: Any) -> Any:
    """Declare a setting.

    Its flag, TOML key and line of docs/settings.md follow from the field's name, type and what is given here.

    Args:
        group: Where help and documentation list it.
        default: Its value where neither the file nor a flag has it.
        help: One sentence for people.
        metavar: What `--help` shows for its value; by default its type.
        bounds: `gt`, `ge`, `lt`, `le`, as of pydantic's Field.
    """
    return Field(default, description=help, json_schema_extra={"group": group.value, "metavar": metavar}, **bounds)
