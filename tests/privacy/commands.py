"""Commands run inside this process, which is faster than a process of their own."""

from typer import Typer
from typer.testing import CliRunner, Result


def invoke(app: Typer, *arguments: object, code: int = 0) -> Result:
    """Run a command that has to end with this exit code; an exception from it fails the test."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result
