"""What every command has: -h beside --help, and --version."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer

_HELP = {"help_option_names": ["-h", "--help"]}


def _print_version(asked: bool) -> None:
    if asked:
        import edge

        typer.echo(f"edge-expressiveness {edge.__version__}")
        raise typer.Exit


_Version = Annotated[
    bool,
    typer.Option("--version", is_eager=True, callback=_print_version, metavar=" ", help="Show the version and exit."),
]


class App(typer.Typer):
    """A Typer application whose commands have -h and --version, and whose exceptions are not redrawn."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"add_completion": False, "pretty_exceptions_enable": False, **settings})

    def command(self, name: str | None = None, **settings: Any) -> Callable[[Any], Any]:
        """Register a function as a command, as Typer does."""
        context = _HELP | settings.pop("context_settings", {})
        register = super().command(name, context_settings=context, **settings)
        return lambda function: register(_with_version(function))

    def callback(self, **settings: Any) -> Callable[[Any], Any]:
        """Register the function that describes a command of several, as Typer does."""
        register = super().callback(context_settings=_HELP, **settings)
        return lambda function: register(_with_version(function))


def _with_version(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with an option --version, which it does not receive; as it is where it has one of its own."""
    if "version" in inspect.signature(function).parameters:
        return function

    @wraps(function)
    def command(*args: Any, version: bool = False, **given: Any) -> Any:
        return function(*args, **given)

    own = inspect.signature(function)
    version = inspect.Parameter("version", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=_Version)
    command.__signature__ = own.replace(parameters=[*own.parameters.values(), version])  # type: ignore[attr-defined]
    command.__annotations__ = {**function.__annotations__, "version": _Version}
    return command
