"""Settings from a TOML file, the environment and flags: checked, each with the place it comes from."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from edge.config.settings import Config
from edge.core.errors import BadConfiguration, EdgeError, UsageError
from edge.core.text import capitalised

PREFIX: Final = "EDGE_"  # EDGE_MAX_FPS for max_fps
_MOST_BYTES: Final = 2**16
_CAMERA: Final = re.compile(r"[A-Za-z0-9_.:-]{1,255}")
_SOURCES: Final = ("camera", "source")  # one replaces the other


class Origin(StrEnum):
    """Where a value comes from; a later one wins."""

    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Layer:
    """The settings that one origin gives, unchecked.

    Attributes:
        values: By name.
        places: Where each is written, as `edge.toml, line 3`.
        at: The place of what has no other, such as a contradiction; empty for flags.
    """

    origin: Origin
    values: Mapping[str, Any]
    places: Mapping[str, str]
    at: str = ""

    @property
    def usable(self) -> dict[str, Any]:
        """The values that are those of settings and can be used alone."""
        known = {name: value for name, value in self.values.items() if name in Config.model_fields}
        try:
            Config.model_validate(known)
        except ValidationError as error:
            wrong = {found["loc"][0] for found in error.errors(include_url=False) if found["loc"]}
            return {name: value for name, value in known.items() if name not in wrong}
        return known

    def problems(self, below: Mapping[str, Any]) -> Iterator[EdgeError]:
        """Yield what is wrong with these settings on top of those in `below`."""
        known = {name: value for name, value in self.values.items() if name in Config.model_fields}
        for name in self.values.keys() - known.keys():
            near = nearest(name)
            fix = f"Did you mean {near}?" if near else "See docs/settings.md."
            yield self._error(name, f"there is no setting {name}", fix)
        try:
            Config.model_validate({**below, **known})
        except ValidationError as error:
            for found in error.errors(include_url=False):
                name, message = ".".join(map(str, found["loc"])), str(found["msg"]).removeprefix("Value error, ")
                message = f"{name}: {message}" if name else capitalised(message)
                yield self._error(name.partition(".")[0], message)

    def _error(self, name: str, what: str, fix: str = "") -> EdgeError:
        if self.origin is Origin.FLAG:
            return UsageError(f"{capitalised(what) if fix else what}.", fix=fix or "See --help.")
        there = "line" if self.origin is Origin.FILE else "variable"
        return BadConfiguration(f"{self.places.get(name, self.at)}: {what}.", fix=fix or f"Correct that {there}.")


@dataclass(frozen=True, slots=True)
class Effective:
    """A checked configuration, with the origin and the place of every setting."""

    config: Config
    origins: Mapping[str, Origin] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)


def load_config(file: Path | None, flags: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> Config:
    """Read the settings of a run: flags before the environment, that before the file, the file before the defaults.

    Args:
        file: A TOML file, or None.
        flags: Settings by name; None stands for a flag that was not given.
        environ: Environment variables, of which `EDGE_MAX_FPS` is `max_fps`; None for none.

    Raises:
        BadConfiguration: The file cannot be read, or a setting in it or in the environment cannot be used.
        UsageError: A flag cannot be used.
    """
    return effective(layers(file, flags, environ)).config


def layers(file: Path | None, flags: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> list[Layer]:
    """Read settings from all their origins, unchecked; the arguments are those of `load_config`.

    Over `edge.toml` goes what lies beside it as `edge@0.toml`, where a flag names camera 0 or a journal in a folder 0.

    Raises:
        BadConfiguration: The file cannot be read.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    variables = {name: f"{PREFIX}{name.upper()}" for name in Config.model_fields}
    values = {name: environ[its] for name, its in variables.items() if environ and environ.get(its)}
    return [
        *([] if file is None else [read_file(each) for each in (file, *cameras_file(file, given))]),
        Layer(Origin.ENVIRONMENT, values, variables, "The environment"),
        Layer(Origin.FLAG, given, {name: f"--{name.replace('_', '-')}" for name in given}),
    ]


def cameras_file(file: Path, flags: Mapping[str, Any]) -> Iterator[Path]:
    """Yield the file of one camera's settings that lies beside that of all, where it is there."""
    named = [str(flags["camera"])] if "camera" in flags else []
    named += [Path(flags["journal"]).parent.name] if "journal" in flags else []
    for name in dict.fromkeys(named):
        beside = file.with_name(f"{file.stem}@{name}{file.suffix}") if _CAMERA.fullmatch(name) else file
        if beside != file and beside.exists():
            yield beside
            return


def effective(given: list[Layer]) -> Effective:
    """Check layers of settings, the first one lowest, and return what is in force.

    Raises:
        BadConfiguration, UsageError: Of the first problem; by the layer that has it, also where a later one covers it.
    """
    values: dict[str, Any] = {}
    origins, places = dict.fromkeys(Config.model_fields, Origin.DEFAULT), dict[str, str]()
    for layer in given:
        if any(name in layer.values for name in _SOURCES):
            for name in _SOURCES:
                values.pop(name, None)
                places.pop(name, None)
                origins[name] = Origin.DEFAULT
        for problem in layer.problems(values):
            raise problem
        values |= layer.values
        origins |= dict.fromkeys(layer.values, layer.origin)
        places |= {name: layer.places[name] for name in layer.values}
    return Effective(Config.model_validate(values), origins, places)


def problems(given: list[Layer]) -> Iterator[EdgeError]:
    """Yield everything that is wrong in layers of settings, the first one lowest."""
    below: dict[str, Any] = {}
    for layer in given:
        yield from layer.problems(below)
        below |= layer.usable


def read_file(file: Path) -> Layer:
    """Read the keys of a TOML file, each with its line; `max-fps` is `max_fps`.

    Raises:
        BadConfiguration: It cannot be read, is no TOML, or has one key in both forms.
    """
    try:
        with file.open("rb") as content:
            text = content.read(_MOST_BYTES + 1).decode()
        if len(text) > _MOST_BYTES:
            raise BadConfiguration(f"{file} is larger than 64 KiB.", fix="Check --config.")
        written = tomllib.loads(text)
    except OSError as error:
        raise BadConfiguration(f"{file} cannot be read: {error.strerror}.", fix="Check --config.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadConfiguration(f"{file} is no TOML: {error}.", fix="Correct that place.") from None
    values, places = dict[str, Any](), dict[str, str]()
    for key, value in written.items():
        name, line = key.replace("-", "_"), _line_of(text, key)
        place = str(file) if line is None else f"{file}, line {line}"
        if name in values:
            raise BadConfiguration(f"{place}: {name} is given twice, as {key} too.", fix="Remove one of them.")
        values[name], places[name] = value, place
    return Layer(Origin.FILE, values, places, str(file))


def misspelt_variables(environ: Mapping[str, str]) -> Iterator[BadConfiguration]:
    """Yield an error for each environment variable that is nearly that of a setting; others may be foreign."""
    for variable in environ:
        name = variable.removeprefix(PREFIX).lower()
        if variable.startswith(PREFIX) and name not in Config.model_fields and (near := nearest(name)):
            fix = f"Did you mean {PREFIX}{near.upper()}?"
            yield BadConfiguration(f"{variable}: there is no setting {name}.", fix=fix)


def nearest(name: str) -> str | None:
    """Return the setting whose name is most like `name`; None where none is."""
    return next(iter(get_close_matches(name, Config.model_fields, 1)), None)


def _line_of(text: str, key: str) -> int | None:
    """The line on which a top-level key is written: its first one that is not within a longer value."""
    lines = text.split("\n")
    for index, line in enumerate(lines):
        if re.match(rf"\s*\[*\s*[\"']?{re.escape(key)}[\"']?\s*[\]=.]", line):
            try:
                tomllib.loads("\n".join(lines[:index]))
            except tomllib.TOMLDecodeError:
                continue
            return index + 1
    return None
