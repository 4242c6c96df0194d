"""A recipe is a file of choices; what it does not say has a default, what it cannot say is refused."""

import re
from pathlib import Path

import pytest

from converter.recipe import Recipe, read_recipe
from edge.core.errors import BadConfiguration


def test_no_file_means_the_defaults() -> None:
    assert read_recipe(None) == Recipe()
    assert Recipe().temperature
    assert not Recipe().class_bias
    assert Recipe().least_agreement is None


def test_toml_and_json_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text("calibration_per_class = 20\nclass_bias = true\nleast_agreement = 0.97\n")
    (tmp_path / "own.json").write_text('{"calibration_per_class": 20, "class_bias": true, "least_agreement": 0.97}')
    expected = Recipe(calibration_per_class=20, class_bias=True, least_agreement=0.97)
    assert read_recipe(tmp_path / "own.toml") == read_recipe(tmp_path / "own.json") == expected


def test_what_a_card_holds_can_be_given_again(tmp_path: Path) -> None:
    own = Recipe(least_agreement=0.6, temperature=False)
    (tmp_path / "own.json").write_text(own.model_dump_json())
    assert read_recipe(tmp_path / "own.json") == own


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("calibration_per_class = 0", "calibration_per_class: Input should be greater than or equal to 1"),
        ("least_agreement = 1.2", "least_agreement: Input should be less than or equal to 1"),
        ("equalise = true", "equalise: Extra inputs are not permitted"),
        ("temperature = [", "cannot be read"),
    ],
)
def test_what_it_cannot_say_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "own.toml").write_text(text)
    with pytest.raises(BadConfiguration) as raised:
        read_recipe(tmp_path / "own.toml")
    assert said in raised.value.happened
    assert raised.value.exit_code == 78


def test_an_absent_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="cannot be read"):
        read_recipe(tmp_path / "none.toml")


def test_the_page_about_conversion_lists_every_choice_and_its_default() -> None:
    page = (Path(__file__).parents[2] / "docs" / "conversion.md").read_text()
    said = dict(re.findall(r"^\| `([a-z_]+)` \| (\S+) \|", page, re.MULTILINE))
    assert said == {
        name: "none" if value is None else str(value).lower() for name, value in Recipe().model_dump().items()
    }
