"""What is wrong with a catalogue: sentences that are missing, placeholders that disagree."""

import re
from collections.abc import Iterator

from babel.messages.catalog import Catalog, Message

from apps.core.counting import RUBY
from kaga_portal.catalogues.files import EASY

PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[a-z](?![a-z])|\{\w*\}")
# Files that no student reads: their sentences need no easy Japanese. All others do, new ones too.
OF_ADULTS = (
    "apps/signin/account_",
    "apps/signin/brought_letters.py",
    "apps/signin/letter_views.py",
    "apps/signin/newcomer_",
    "apps/signin/services/letters.py",
    "apps/signin/services/renaming.py",
    "apps/signin/session_",
    "apps/signin/staff_",
    "templates/account/",
    "templates/portal/_arrival.html",
    "templates/portal/_waited_for.html",
    "templates/portal/guardian.html",
    "templates/signin/_choices.html",
    "templates/signin/_sessions.html",
    "templates/signin/accept.html",
    "templates/signin/letter",
    "templates/signin/newcomer.html",
    "templates/signin/sessions",
    "templates/signin/staff",
    "templates/signin/ties.html",
)


def problems(name: str, catalog: Catalog) -> list[str]:
    """One line for each fault of a catalogue."""
    return [
        f"locale/{name}: {message.id!r}: {fault}"
        for message in catalog
        if message.id
        for fault in _faults(name, message)
    ]


def _faults(name: str, message: Message) -> Iterator[str]:
    originals = _texts(message.id)
    for text in originals:
        if RUBY.search(text):
            yield "the source language is plain Japanese, without readings"
    if message.fuzzy:
        yield "is marked fuzzy"
    translations = [text for text in _texts(message.string) if text]
    if len(translations) < len(_texts(message.string)) or not translations:
        if name != EASY or _is_for_students(message):
            yield "no translation"
        return
    wanted = {tuple(sorted(PLACEHOLDER.findall(text))) for text in originals}
    for text in translations:
        if tuple(sorted(PLACEHOLDER.findall(text))) not in wanted:
            yield f"placeholders differ in {text!r}"
        if name != EASY and RUBY.search(text):
            yield f"readings in {text!r}"


def _is_for_students(message: Message) -> bool:
    return any(not place.startswith(OF_ADULTS) for place, _ in message.locations)


def _texts(text: str | tuple | list | None) -> list[str]:
    return [text or ""] if isinstance(text, str | None) else [each or "" for each in text]
