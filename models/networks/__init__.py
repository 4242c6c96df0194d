"""The networks that can be trained: every file of this package holds one, as `NETWORK`."""

from importlib import import_module
from pkgutil import iter_modules

from edge.core.errors import UsageError
from models.specs.network import Network
from models.specs.recipe import Recipe


def networks() -> dict[str, Network]:
    """Every network by its name, in the order of the names; a new file in this package is found by itself."""
    found: list[Network] = [import_module(f"{__name__}.{module.name}").NETWORK for module in iter_modules(__path__)]
    return {network.name: network for network in sorted(found, key=lambda network: network.name)}


def network(name: str) -> Network:
    """The network of this name.

    Raises:
        UsageError: Where there is none.
    """
    known = networks()
    if name not in known:
        raise UsageError(f"There is no network {name}.", fix=f"There are {', '.join(known)}.")
    return known[name]


def recipes() -> dict[str, Recipe]:
    """The training recipes of all networks, by name."""
    return {recipe.name: recipe for known in networks().values() for recipe in known.recipes}


def recipe(name: str) -> Recipe:
    """The training recipe of this name.

    Raises:
        UsageError: Where there is none.
    """
    known = recipes()
    if name not in known:
        raise UsageError(f"There is no recipe {name}.", fix=f"There are {', '.join(known)}.")
    return known[name]
