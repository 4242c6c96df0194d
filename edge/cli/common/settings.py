"""A setting as people meet it: flag, type, default and help, all read from its declaration in edge.config."""

import types
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo

from edge.config import Config
from edge.config.loading import PREFIX


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a run."""

    name: str  # its TOML key
    type: Any  # what a command line gives: str, float, int, bool, Path, an Enum, or list[str]
    default: str | None  # as text; None where there is none
    help: str
    metavar: str | None
    group: str

    @property
    def flag(self) -> str:
        """`--max-fps` for `max_fps`."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def variable(self) -> str:
        """`EDGE_MAX_FPS` for `max_fps`."""
        return f"{PREFIX}{self.name.upper()}"

    @property
    def is_switch(self) -> bool:
        """Whether the flag takes no value."""
        return self.type is bool

    @property
    def is_list(self) -> bool:
        """Whether the flag may be given several times."""
        return get_origin(self.type) is list

    @property
    def value(self) -> str:
        """What stands for the value in help and documentation; empty for a switch."""
        if isinstance(self.type, type) and issubclass(self.type, Enum):
            return "|".join(str(each.value) for each in self.type)
        return "" if self.is_switch else self.metavar or ""


def declared_settings(model: type[BaseModel] = Config) -> list[Setting]:
    """Every setting that a model declares with `edge.config.setting`, in its order."""
    return [_setting(name, field) for name, field in model.model_fields.items()]


def _setting(name: str, field: FieldInfo) -> Setting:
    extra = field.json_schema_extra
    assert isinstance(extra, dict), f"{name} is not declared by edge.config.setting"
    return Setting(
        name,
        _cli_type(field.annotation, field.metadata),
        _text(field.default),
        str(field.description),
        None if extra["metavar"] is None else str(extra["metavar"]),
        str(extra["group"]),
    )


def _cli_type(annotation: Any, metadata: Sequence[Any] = ()) -> Any:
    """The type of the value on a command line: text where the setting parses it itself."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *more = get_args(annotation)
        return _cli_type(inner, more)
    if origin in (Union, types.UnionType):
        return _cli_type(next(each for each in get_args(annotation) if each is not type(None)))
    if origin is tuple:
        return list[get_args(annotation)[0]]  # type: ignore[misc]
    parsed = annotation in (float, datetime) and any(isinstance(each, BeforeValidator) for each in metadata)
    return str if parsed or origin is Literal else annotation


def _text(default: Any) -> str | None:
    if default in (None, ()):
        return None
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, Enum):
        return str(default.value)
    return f"{default:g}" if isinstance(default, float) else str(default)
