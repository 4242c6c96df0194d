"""The faces that a recipe trains on."""

from models.datasets.labelled import Labelled
from models.networks import network
from models.specs.recipe import Recipe
from models.specs.targets import Samples


def samples_of(split: Labelled, recipe: Recipe) -> Samples:
    return network(recipe.network).target.samples(split, recipe)
