"""The rows of the page "my data" as lines of words."""

from babel.lists import format_list

from apps.consent import pages, words
from apps.core.languages import html_lang
from apps.disclosure.words import CHECKIN_ANSWERED, NOTICE, deleted_rows, many_purposes
from apps.helpline.models import FamilyRecipient, FamilyState
from apps.linkage.words import fact_words
from apps.vault.words import UNREADABLE


def part_lines(part, party):
    """The newest rows of a part, each as one line of words for the page."""
    return [_line(part.code, row, party) for row in part.latest]


def _line(code, row, party):
    at = row.get("at") or row.get("received_at") or row.get("ended_at") or row.get("since")
    on = at[:10] if at else row.get("on", "")
    named = words.purpose_name(row["purpose"]) if row.get("purpose") else ""
    if row.get("unreadable"):
        why = words.for_party(UNREADABLE, party)
        return pages.day_words(on) if on else "", f"{named}: {why}" if named else why
    sentences = {
        "roster": lambda: f"{row['name']} ・ {row['school']} {row['class']}",  # no sentence
        "answers": lambda: _answers_in_words(row["answers"]),
        "linked": lambda: f"{named}: {_values(row, party)}",
        "checkins": lambda: str(CHECKIN_ANSWERED),
        "looks": lambda: row["what"],
        "staff_words": lambda: row["words"],
        "certificates": lambda: named + _deleted_in_words(row["deleted"]),
        "read": lambda: _read_in_words(row),
        "corrections": lambda: row["words"],
        "family": lambda: f"{FamilyRecipient(row['to']).label}: {FamilyState(row['state']).label}",
        "devices": lambda: row["device"],
    }.get(code, lambda: "")()
    return pages.day_words(on) if on else "", sentences


def _deleted_in_words(n_rows):
    return "" if n_rows is None else f": {deleted_rows(n_rows)}"


def _answers_in_words(answers):
    """What was answered to which; where it is the same to many, how many those are."""
    purposes = {}
    for purpose, response in answers.items():
        purposes.setdefault(response, []).append(purpose)
    found = [f"{_these(many)}: {words.RESPONSES[said]}" for said, many in purposes.items()]
    return format_list(found, locale=html_lang())


def _these(purposes):
    if len(purposes) > 2:
        return many_purposes(len(purposes))
    return format_list([words.purpose_name(one) for one in purposes], locale=html_lang())


def _read_in_words(row):
    """Which words or which notice it was."""
    if "notice" in row:
        return f"{NOTICE}: {row['notice']}"
    return f"{words.purpose_name(row['words'])} ({words.version_words(row['version'])})"


def _values(row, party):
    about = {"purpose", "kind", "received_at"}
    content = {name: value for name, value in row.items() if name not in about}
    return words.for_party(fact_words(row["kind"], content), party)
