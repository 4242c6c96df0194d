"""What every command has: -h beside --help, --version, shell completion, and errors as one sentence."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from edge.cli.common.error_boundary import error_boundary
from edge.host.streams import prepare_streams

_HELP = {"help_option_names": ["-h", "--help"]}
_COMPLETION = ("install_completion", "show_completion")


def _print_version(wanted: bool) -> None:
    if wanted:
        import edge

        typer.echo(f"edge-expressiveness {edge.__version__}")
        raise typer.Exit


_Version = Annotated[
    bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Show the version and exit.")
]


class _Reporting:
    """Mixed into Typer's classes: switches without a type in the help, and errors as one sentence everywhere."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters, of which a switch is shown without a type; as `edge run`, without those of completion."""
        params: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        if " " in (ctx.find_root().info_name or ""):
            params = [each for each in params if each.name not in _COMPLETION]
        for each in params:
            if isinstance(each, TyperOption) and each.is_flag:
                each.metavar = " "
        return params

    def make_context(self, *args: Any, **given: Any) -> Any:
        """Read the arguments; --help and --version print here."""
        with error_boundary():
            return super().make_context(*args, **given)  # type: ignore[misc]

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        with error_boundary():
            return super().invoke(ctx)  # type: ignore[misc]


class Command(_Reporting, TyperCommand):
    """A command."""


class Group(_Reporting, TyperGroup):
    """A command of several commands."""


class App(typer.Typer):
    """A Typer application whose commands have -h and --version, and whose exceptions are not redrawn."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"cls": Group, "pretty_exceptions_enable": False, **settings})

    def __call__(self, *args: Any, **given: Any) -> Any:
        """Run the program with the arguments of the process."""
        prepare_streams()
        return super().__call__(*args, **given)

    def command(self, name: str | None = None, **settings: Any) -> Callable[[Any], Any]:
        """Register a function as a command, as Typer does."""
        context = _HELP | settings.pop("context_settings", {})
        register = super().command(name, cls=Command, context_settings=context, **settings)
        return lambda function: register(_with_version(function))

    def callback(self, **settings: Any) -> Callable[[Any], Any]:
        """Register the function that describes a command of several, as Typer does."""
        register = super().callback(context_settings=_HELP, **settings)
        return lambda function: register(_with_version(function))


def _with_version(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with an option --version, which it does not receive."""

    @wraps(function)
    def command(*args: Any, version: bool = False, **given: Any) -> Any:
        return function(*args, **given)

    own = inspect.signature(function)
    version = inspect.Parameter("version", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=_Version)
    command.__signature__ = own.replace(parameters=[*own.parameters.values(), version])  # type: ignore[attr-defined]
    command.__annotations__ = {**function.__annotations__, "version": _Version}
    return command
