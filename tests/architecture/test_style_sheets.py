"""Colours are defined once, in tokens.css, and every token that a sheet uses is defined."""

import re

import pytest
from django.conf import settings

FOLDER = settings.BASE_DIR / "static" / "css"
TOKEN = re.compile(r"(?<![\w.-])(--[\w-]+):")
COLOUR = re.compile(r"(--[\w-]+): light-dark")


def sheet(name):
    return (FOLDER / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["portal.css", "staff.css"])
def test_no_sheet_defines_a_shared_colour_again(name):
    """What people ask of their device (more contrast) may still point one colour to another."""
    shared = set(COLOUR.findall(sheet("tokens.css")))
    assert len(shared) > 20
    assert shared & set(COLOUR.findall(sheet(name))) == set()


@pytest.mark.parametrize("name", ["portal.css", "staff.css"])
def test_every_token_that_is_used_is_defined(name):
    defined = set(TOKEN.findall(sheet("tokens.css") + sheet(name)))
    assert set(re.findall(r"var\((--[\w-]+)", sheet(name))) - defined == set()


def test_whatever_loads_a_sheet_loads_the_tokens_before_it():
    for path in (settings.BASE_DIR / "templates").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        for found in re.finditer(r"css/(?:portal|staff)\.css", text):
            assert "css/tokens.css" in text[: found.start()], path.name
