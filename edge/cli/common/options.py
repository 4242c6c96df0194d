"""Options of a command, made from the declarations of the settings."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer
from pydantic import BaseModel

from edge.cli.common.settings import Setting, declared_settings
from edge.config import Config

Command = Callable[..., None]


def settings_options(*names: str, model: type[BaseModel] = Config) -> Callable[[Command], Command]:
    """Give a command an option for each of some settings.

    The decorated function has a parameter `flags`, which receives the values by name; None stands for an option that
    was not given. Its other parameters stay, before the settings.

    Args:
        names: Which settings; without any, all of them.
        model: Where they are declared.
    """
    settings = {each.name: each for each in declared_settings(model) if not names or each.name in names}
    options = [_option(each) for each in settings.values()]

    def decorate(function: Command) -> Command:
        own = [each for each in inspect.signature(function).parameters.values() if each.name != "flags"]

        @wraps(function)
        def command(**given: Any) -> None:
            flags = {name: given.pop(name) for name in settings}
            function(flags={name: _as_given(value) for name, value in flags.items()}, **given)

        parameters = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in (*own, *options)]
        command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        command.__annotations__ = {each.name: each.annotation for each in parameters}
        return command

    return decorate


def _as_given(value: Any) -> Any:
    """None for a switch that is not set and for a list without a value; anything else was given."""
    return None if value is False or value == [] else value


def _option(setting: Setting) -> inspect.Parameter:
    default = "" if setting.default is None or setting.is_switch else f"  \\[default: {setting.default}]"
    option = typer.Option(
        setting.flag,
        metavar=setting.metavar,
        help=f"{setting.help}{default}",
        show_default=False,
        rich_help_panel=setting.group,
    )
    given = bool if setting.is_switch else setting.type | None
    return inspect.Parameter(
        setting.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=False if setting.is_switch else None,
        annotation=Annotated[given, option],
    )
