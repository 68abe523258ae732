"""Parts of a page that depend on nothing but the language are rendered once a language."""

import re
from pathlib import Path

from django.conf import settings
from django.template import engines
from django.utils import translation

PIECES = Path(settings.BASE_DIR) / "templates"
PAGE = '{% include_fixed "helpline/_phone_lines.html" %}'


def shown(language):
    with translation.override(language):
        return engines["django"].from_string(PAGE).render({"steps": "never seen"})


def test_each_language_has_its_own_piece_and_keeps_it():
    first = {language: shown(language) for language in ("ja", "ja-easy", "en")}
    assert "Talk to someone at once" in first["en"]
    assert "<ruby>" in first["ja-easy"]
    assert "<ruby>" not in first["ja"]
    assert {language: shown(language) for language in first} == first


def test_a_fixed_piece_says_that_it_expects_nothing():
    named = {
        line.split('include_fixed "')[1].split('"')[0]
        for path in PIECES.rglob("*.html")
        for line in path.read_text("utf-8").split("{%")
        if line.startswith(' include_fixed "')
    }
    assert len(named) > 5
    for name in named:
        text = (PIECES / name).read_text("utf-8")
        assert "Expects nothing. #}" in text.splitlines()[0], name
        assert re.findall(r"\{\{ (?!_\(|number )|csrf_token|\{% if ", text) == [], name
