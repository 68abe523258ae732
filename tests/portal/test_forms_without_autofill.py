"""No form that a student fills in is remembered by the browser of a shared tablet."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

TEMPLATES = Path(settings.BASE_DIR) / "templates"
OF_ACCOUNTS = {"account", "admin", "allauth", "mfa"}  # no student signs in there
FORMS = [
    (str(path.relative_to(TEMPLATES)), form)
    for path in sorted(TEMPLATES.rglob("*.html"))
    if path.relative_to(TEMPLATES).parts[0] not in OF_ACCOUNTS
    for form in re.findall(r"<form[^>]*>", path.read_text())
]
YOUNG = re.compile(
    r"AbortSignal\.timeout|randomUUID|structuredClone|\.at\(-|Object\.hasOwn|findLast|replaceAll"
    r"|Promise\.any|withResolvers|databases\(\)"
)


def test_there_are_forms_to_look_at():
    assert len(FORMS) >= 18


@pytest.mark.parametrize(("place", "form"), FORMS)
def test_a_form_of_a_student_is_not_remembered(place, form):
    assert 'autocomplete="off"' in form, f"{place}: {form}"


def test_no_script_uses_what_the_oldest_browser_does_not_know():
    scripts = [*(Path(settings.BASE_DIR) / "static/js").glob("*.js"), TEMPLATES / "portal/sw.js"]
    code = {each.name: re.sub(r"//.*", "", each.read_text()) for each in scripts}
    assert {name: YOUNG.findall(text) for name, text in code.items() if YOUNG.search(text)} == {}


def test_the_urls_of_the_outbox_are_where_the_portal_has_them():
    text = (Path(settings.BASE_DIR) / "static/js/outbox.js").read_text()
    pages = [reverse("portal:deliver"), reverse("checkins:deliver")]
    assert f'const ENDPOINTS = ["{pages[0]}", "{pages[1]}"]' in text


def test_the_version_of_the_worker_follows_what_the_page_without_network_shows(client, settings):
    worker = reverse("portal:sw")
    before = client.get(worker).content
    assert client.get(worker).content == before
    settings.IS_DEMO = not settings.IS_DEMO
    assert client.get(worker).content != before
