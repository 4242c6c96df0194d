"""Every promise of SECURITY.md has a test, and an edit that breaks it; `python -m tests.privacy.broken` tries them."""

import ast

import pytest

from .broken.promises import ROOT, Promise, promises, with_table

PROMISES = promises()


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.name)
def test_the_edit_fits_and_the_tests_are_there(promise: Promise) -> None:
    broken = promise.broken((ROOT / promise.file).read_text("utf-8"))
    if promise.file.endswith(".py"):
        ast.parse(broken)
    assert promise.tests
    for test in promise.tests:
        file, *names = test.split("::")
        nodes = ast.walk(ast.parse((ROOT / file).read_text("utf-8")))
        defined = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        assert {name.partition("[")[0] for name in names} <= defined, test


def test_names_are_given_once() -> None:
    assert len({promise.name for promise in PROMISES}) == len(PROMISES)


def test_the_page_lists_them_all() -> None:
    page = (ROOT / "SECURITY.md").read_text("utf-8")
    assert page == with_table(page), "python -m tests.privacy.broken --table"
