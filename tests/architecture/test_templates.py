"""Templates: no inline script or style, tokens in forms, no foreign origins."""

import re

import pytest

from tests.code_files import ROOT, TEMPLATES

INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>|<style\b|\sstyle=|\son[a-z]+=|hx-on|javascript:",
    re.IGNORECASE,
)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT / "templates")))
def test_no_script_or_style_stands_inside_a_page(path):
    found = INLINE.findall(path.read_text(encoding="utf-8"))
    assert found == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT / "templates")))
def test_every_form_that_posts_carries_its_token(path):
    text = path.read_text(encoding="utf-8")
    for form in re.findall(r"<form\b.*?</form>", text, re.DOTALL | re.IGNORECASE):
        if re.search(r'method="post"', form, re.IGNORECASE):
            assert "csrf_token" in form


def test_no_page_names_a_foreign_origin():
    foreign = re.compile(r"(?:src|href)=\"(?:https?:)?//", re.IGNORECASE)
    guilty = [str(p) for p in TEMPLATES if foreign.search(p.read_text(encoding="utf-8"))]
    assert guilty == []
