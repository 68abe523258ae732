"""The catalogues are complete, agree with the code, and their checks find what is wrong."""

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo

from kaga_portal.catalogues import extraction
from kaga_portal.catalogues.__main__ import faults
from kaga_portal.catalogues.checks import problems
from kaga_portal.catalogues.files import EASY, ENGLISH, RULES_OF, compile_stale, po_path

STUDENTS, ADULTS = "templates/portal/student.html", "templates/registration/accept_letter.html"


def one(msgid, translation, *, place=STUDENTS):
    catalog = Catalog()
    catalog.add(msgid, translation, locations=[(place, 1)])
    return catalog


def test_the_catalogues_have_no_fault():
    assert faults() == []


@pytest.mark.parametrize(
    ("name", "catalog"),
    [
        (ENGLISH, one("はい", "")),
        (EASY, one("次へ", "")),
        (ENGLISH, one("%(n)s件", "items")),
        (ENGLISH, one("%(n)s件", "%(m)s items")),
        (ENGLISH, one("{name}さん", "{nam}")),
        (ENGLISH, one(("%(n)s件", "%(n)s件"), ("%(n)s item", ""))),
        (ENGLISH, one(("%(n)s件", "%(n)s件"), ("one item", "%(n)s items"))),
        (ENGLISH, one("次へ", "｜次《つぎ》")),
        (EASY, one("｜次《つぎ》へ", "つぎへ")),
    ],
)
def test_a_fault_is_found(name, catalog):
    assert len(problems(name, catalog)) == 1


@pytest.mark.parametrize(
    ("name", "catalog"),
    [
        (ENGLISH, one("次へ", "Next")),
        (EASY, one("次へ", "｜次《つぎ》へ")),
        (EASY, one("手紙のあて名", "", place=ADULTS)),
        (ENGLISH, one("%(a)sと%(b)s", "%(b)s and %(a)s")),
        (ENGLISH, one(("%(n)s件", "%(n)s件"), ("%(n)s item", "%(n)s items"))),
    ],
)
def test_what_is_right_is_no_fault(name, catalog):
    assert problems(name, catalog) == []


def test_sentences_are_found_in_templates_and_in_python(tmp_path, monkeypatch):
    (tmp_path / "templates").mkdir()
    (tmp_path / "apps").mkdir()
    (tmp_path / "templates" / "a.html").write_text(
        '{% if a %}\n   <p>{{ _("一つ")|ruby }}</p>{% endif %}\n'
        "{% filter ruby %}{% blocktranslate %}{{ name }}さん{% endblocktranslate %}{% endfilter %}"
    )
    (tmp_path / "apps" / "a.py").write_text(
        "from django.utils.translation import gettext as _, ngettext\n"
        'x = _("二つ" "三つ")\ny = ngettext("%(n)s件", "%(n)s件", 2)\n'
    )
    monkeypatch.setattr(extraction, "ROOT", tmp_path)
    found = {message.id for message in extraction.collect() if message.id}
    assert found == {"一つ", "%(name)sさん", "二つ三つ", ("%(n)s件", "%(n)s件")}


def test_the_compiled_form_follows_the_catalogue(monkeypatch, tmp_path):
    for name in RULES_OF:
        copy = tmp_path / name / "LC_MESSAGES" / "django.po"
        copy.parent.mkdir(parents=True)
        copy.write_bytes(po_path(name).read_bytes())
    monkeypatch.setattr("kaga_portal.catalogues.files.FOLDER", tmp_path)
    compile_stale()
    compiled = tmp_path / ENGLISH / "LC_MESSAGES" / "django.mo"
    with compiled.open("rb") as file:
        assert read_mo(file).get("言葉").string == "Language"
    before = compiled.stat().st_mtime_ns
    compile_stale()
    assert compiled.stat().st_mtime_ns == before
    assert list(tmp_path.rglob("*.tmp")) == []
