"""Commands inside this process, where one of their own would only cost time."""

from click.testing import Result
from typer import Typer
from typer.testing import CliRunner


def ask(app: Typer, *words: object, code: int = 0) -> Result:
    """Run a command to its end, which is to be by this exit code; anything that it raises fails the test."""
    answer = CliRunner().invoke(app, [str(word) for word in words])
    if answer.exception is not None and not isinstance(answer.exception, SystemExit):
        raise answer.exception
    assert answer.exit_code == code, answer.output
    return answer
