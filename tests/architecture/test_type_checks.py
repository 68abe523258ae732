"""The modules that mypy does not check in full stand in two lists, which only get shorter."""

import tomllib

import pytest

from tests.documents import ROOT

MOST_UNTYPED, MOST_IGNORED = 255, 92  # lower them when a list gets shorter, never raise them
OVERRIDES = tomllib.loads((ROOT / "mypy.toml").read_text("utf-8"))["tool"]["mypy"]["overrides"]
_, UNTYPED, IGNORED = (set(override["module"]) for override in OVERRIDES)


def is_module(name):
    path = ROOT / name.replace(".", "/")
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


@pytest.mark.parametrize(
    ("listed", "most"),
    [(UNTYPED, MOST_UNTYPED), (IGNORED, MOST_IGNORED)],
    ids=["untyped", "ignored"],
)
def test_a_list_only_gets_shorter_and_names_modules_that_exist(listed, most):
    assert len(listed) == most, "lower the number when the list got shorter"
    assert sorted(name for name in listed if not is_module(name)) == []


def test_every_file_of_pure_rules_is_asked_for_its_types():
    strict = set(OVERRIDES[0]["module"])
    rules = {f"apps.{path.parent.name}.{path.stem}" for path in ROOT.glob("apps/*/*_rules.py")}
    assert rules <= strict | UNTYPED
    assert OVERRIDES[0]["disallow_untyped_defs"] is True
