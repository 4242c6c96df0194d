"""The faces that a recipe trains on, and what a data set gives for each face."""

from typing import TypeVar

from models.datasets.labelled import Labelled
from models.networks import network
from models.specs.recipe import Recipe
from models.specs.targets import Samples

T = TypeVar("T")


def samples_of(split: Labelled, recipe: Recipe) -> Samples:
    return network(recipe.network).target.samples(split, recipe)


def known(of_each: T | None) -> T:
    """Return what a data set gives for each face; the test fails where it gives none."""
    assert of_each is not None
    return of_each
