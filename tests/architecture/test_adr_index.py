"""The pages of docs/adr: each in the list, and every reference leads to the one it names."""

import re

import pytest

from tests.code_files import CODE, ROOT

FOLDER = ROOT / "docs" / "adr"
PAGES = sorted(FOLDER.glob("[0-9]*.md"))
TEXTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\[decision (\d+)\]\(([^)#]+)\)")
IN_CODE = re.compile(r"docs/adr/(\d{4})")


def number_of(page):
    return int(page.name[:4])


def title_of(page):
    return page.read_text().splitlines()[0].removeprefix("# ")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_title_of_a_decision_begins_with_its_number(page):
    assert title_of(page).startswith(f"{number_of(page)}. ")


def test_the_list_of_decisions_names_every_page_in_order():
    listed = re.findall(r"^- \[(.+)\]\((\S+)\)$", (FOLDER / "README.md").read_text(), re.MULTILINE)
    assert listed == [(title_of(page), page.name) for page in PAGES]


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_reference_in_words_leads_to_the_decision_it_names(text):
    for number, target in LINK.findall(text.read_text()):
        page = (text.parent / target).resolve()
        assert page in PAGES, target
        assert number_of(page) == int(number), target


def test_a_decision_named_in_code_is_there():
    named = {int(n) for path in CODE for n in IN_CODE.findall(path.read_text())}
    assert named
    assert named <= {number_of(page) for page in PAGES}
