"""mutmut, changed in some ways: run as a script, with mutmut's own arguments.

- Of a text's mutants it makes only the first: the others change its case, which in SQL and most keys is no change.
- Tests are collected once, in the process that all mutants are forked from; mutmut collects them for each mutant.
- A mutant is ended by the processor time it takes or by the timeout of a single test, never by the time that passes
  over all of its tests: on a busy machine a slow test would count as an endless loop.
- First come the tests that killed other mutants of the same function, then the others, the fastest first; no more of
  them than take the seconds of the variable MUTATION_SECONDS, where that is given.
- A pattern of names chooses among the mutants that were not tried yet, so that a run of a part goes on as well; and
  the tests are not run once more without a mutant, as they passed when it was noted which of them run what.
- What mypy refuses is noted: until the code is another, no run waits for mypy.
"""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable
from hashlib import sha256
from itertools import accumulate, islice
from pathlib import Path
from typing import Any, Final

import pytest
from _pytest.config import _prepareconfig
from mutmut import __main__ as main
from mutmut.mutation import mutators
from mutmut.mutation.file_mutation import filter_mutants_with_type_checker
from mutmut.runners.harness import PytestRunner
from mutmut.state import state
from mutmut.utils.file_utils import change_cwd
from mutmut.workers import isolation


class Collected(PytestRunner):
    """Runs tests of a mutant without collecting them anew."""

    def __init__(self) -> None:
        super().__init__()
        self._session: pytest.Session | None = None

    def collect(self) -> None:
        """Collect all tests, in the process that mutants are forked from."""
        with change_cwd("mutants"):
            words = ["-q", "--rootdir=.", *self._pytest_add_cli_args, *self._pytest_add_cli_args_test_selection]
            config = _prepareconfig(words)
            config._do_configure()
            self._session = pytest.Session.from_config(config)
            config.hook.pytest_sessionstart(session=self._session)
            config.hook.pytest_collection(session=self._session)
            config.pluginmanager.getplugin("capturemanager").suspend_global_capture(in_=True)

    def run_tests(self, *, mutant_name: str | None, tests: Iterable[str]) -> int:
        """Run tests until one fails, in a folder of their own; 0: none did."""
        if mutant_name is None or self._session is None:
            return super().run_tests(mutant_name=mutant_name, tests=tests)
        session, config = self._session, self._session.config
        of = {item.nodeid: item for item in session.items}
        killers = Path("mutants", "killers", re.sub(r"__mutmut_\d+$", "", mutant_name)).absolute()
        first = killers.read_text().splitlines() if killers.exists() else []
        ordered = sorted(tests, key=lambda test: -first.count(test))
        ends_s = accumulate(state().duration_by_test[test] for test in ordered)
        items = [of[test] for test, end_s in zip(ordered, ends_s, strict=True) if end_s <= SECONDS or test in first]
        folder = Path(tempfile.mkdtemp())
        config._tmp_path_factory._basetemp = folder  # type: ignore[attr-defined]
        with change_cwd("mutants"):
            for item, following in zip(items, [*items[1:], None], strict=True):
                config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                if session.testsfailed:
                    _note(killers, item.nodeid)
                    break
        shutil.rmtree(folder, ignore_errors=True)
        return int(bool(session.testsfailed))


def _note(killers: Path, test: str) -> None:
    killers.parent.mkdir(exist_ok=True)
    with open(killers, "a") as noted:
        noted.write(test + "\n")


def first_of_text(node: Any) -> Iterable[Any]:
    """The first mutant of a text."""
    return islice(mutators.operator_string(node), 1)


def untried(*, mutant_names: Any) -> Any:
    """The mutants that are to be run: by a pattern only those without a verdict, by a name also others."""
    mutants, files = collected(mutant_names=mutant_names)
    by_pattern = any("*" in name for name in mutant_names)
    return [mutant for mutant in mutants if mutant[2] is None or not by_pattern], files


def refused() -> dict[str, Any]:
    """Note the verdict on every mutant that mypy refuses; none is left for the run itself."""
    code = b"".join(file.read_bytes() for file in sorted(Path("edge", Path.cwd().name).rglob("*.py")))
    noted = Path("mutants", f"refused-{sha256(code).hexdigest()[:16]}.json")
    if not noted.exists():
        noted.write_text(json.dumps(sorted(filter_mutants_with_type_checker())))
    names = set(json.loads(noted.read_text()))
    _, files = collected(mutant_names=())
    for file in files.values():
        file.exit_code_by_key.update(dict.fromkeys(names & file.exit_code_by_key.keys(), REFUSED))
        file.save()
    return {}


def startup(runner: isolation.ForkRunner) -> None:
    """Collect the tests before the first mutant is forked."""
    assert isinstance(runner.test_runner, Collected)
    runner.test_runner.collect()
    started(runner)


REFUSED: Final = 37  # the exit code by which mutmut notes it
SECONDS: Final = float(os.environ.get("MUTATION_SECONDS", "inf"))
operators: Any = mutators.mutation_operators
operators[:] = [(kind, first_of_text if way is mutators.operator_string else way) for kind, way in operators]
collected = main.collect_source_file_mutation_data
started = isolation.ForkRunner.startup
changed = pytest.MonkeyPatch()
changed.setattr(isolation, "PytestRunner", Collected)
changed.setattr(isolation, "register_timeout", lambda **_: None)
changed.setattr(isolation.ForkRunner, "startup", startup)
changed.setattr(isolation.ForkRunner, "run_clean_tests", lambda *_, **__: 0)
changed.setattr(main, "collect_source_file_mutation_data", untried)
changed.setattr(main, "filter_mutants_with_type_checker", refused)
main.cli()
