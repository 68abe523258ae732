"""Extracts every sentence marked for translation from Python and templates."""

import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from django.utils.translation.template import templatize

from kaga_portal.catalogues.files import ROOT, RULES_OF, read

FOLDERS = ("apps", "kaga_portal", "templates")
KEYWORDS = {
    "_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None,
    "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3), "npgettext_lazy": ((1, "c"), 2, 3),
}  # fmt: skip
# The stock admin's own pages are translated by Django's catalogues.
OF_DJANGO = ("templates/admin/", "apps/sandbox/")
HEADER = """\
# The sentences of the portal. How to write them: docs/translations.md.
#"""


def collect() -> Catalog:
    """A catalogue of all sentences, without translations; each with the files it occurs in."""
    found = Catalog(domain="django")
    for path in _files():
        place = path.relative_to(ROOT).as_posix()
        for line, message, _comments, context in _messages(path):
            found.add(message, locations=[(place, line)], context=context)
    return found


def merged(name: str, template: Catalog) -> Catalog:
    """The catalogue ``name`` with exactly the sentences of ``template``, keeping its translations."""
    before = read(name)
    catalog = Catalog(
        locale=RULES_OF[name], domain="django", header_comment=HEADER, fuzzy=False,
        project="kaga-portal", msgid_bugs_address="-", language_team="-",
    )  # fmt: skip
    for message in template:
        if not message.id:
            continue
        known = before.get(message.id, message.context)
        catalog.add(
            message.id, known.string if known else None, locations=message.locations,
            context=message.context, flags=message.flags,
        )  # fmt: skip
    return catalog


def _files() -> Iterator[Path]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            place = path.relative_to(ROOT).as_posix()
            if path.suffix in {".py", ".html", ".txt"} and not place.startswith(OF_DJANGO):
                yield path


def _messages(path: Path) -> Iterator[tuple]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        if "gettext" not in text:
            return iter(())
    else:
        # Only the calls of a template remain, one a line; Python's tokenizer requires the
        # indentation.
        calls = templatize(text, origin=str(path))
        text = "\n".join(line.strip() for line in calls.splitlines())
    return iter(extract("python", io.BytesIO(text.encode()), KEYWORDS, (), {"encoding": "utf-8"}))
