"""The rows of the page "my data" as lines of words."""

from apps.consent import pages, words
from apps.core.counters import counted
from apps.disclosure.words import (
    CHECKIN_ANSWERED,
    N_PURPOSES,
    NOTICE,
    ROW_COUNTER,
)
from apps.linkage.words import fact_words
from apps.vault.words import UNREADABLE


def part_lines(part, party):
    """The newest rows of a part, each as one line of words for the page."""
    return [_line(part.code, row, party) for row in part.latest]


def _line(code, row, party):
    at = row.get("at") or row.get("received_at") or row.get("ended_at") or row.get("since")
    on = at[:10] if at else row.get("on", "")
    named = words.purpose_name(row["purpose"], party) if row.get("purpose") else ""
    if row.get("unreadable"):
        why = words.for_party(UNREADABLE, party)
        return pages.day_words(on, party) if on else "", f"{named}: {why}" if named else why
    said = {
        "roster": lambda: f"{row['name']} ・ {row['school']} {row['class']}",
        "answers": lambda: _answers_in_words(row["answers"], party),
        "linked": lambda: f"{named}: {_values(row, party)}",
        "checkins": lambda: words.for_party(CHECKIN_ANSWERED, party),
        "looks": lambda: row["what"],
        "certificates": lambda: named + _deleted_in_words(row["deleted"], party),
        "read": lambda: _read_in_words(row, party),
        "corrections": lambda: row["words"],
        "devices": lambda: row["device"],
    }.get(code, lambda: "")()
    return pages.day_words(on, party) if on else "", said


def _deleted_in_words(n_rows, party):
    return "" if n_rows is None else ": " + counted(n_rows, words.for_party(ROW_COUNTER, party))


def _answers_in_words(answers, party):
    """What was answered to which; where it is the same to many, how many those are."""
    purposes = {}
    for purpose, response in answers.items():
        purposes.setdefault(response, []).append(purpose)
    return "、".join(
        f"{_these(found, party)}: {words.for_party(words.RESPONSES[response], party)}"
        for response, found in purposes.items()
    )


def _these(purposes, party):
    if len(purposes) > 2:
        return counted(len(purposes), "つ") + words.for_party(N_PURPOSES, party)
    return "、".join(words.purpose_name(purpose, party) for purpose in purposes)


def _read_in_words(row, party):
    """Which words or which notice it was."""
    if "notice" in row:
        return f"{words.for_party(NOTICE, party)}: {row['notice']}"
    version = pages.party_context(party)["w"].version.format(row["version"])
    return f"{words.purpose_name(row['words'], party)} ({version})"


def _values(row, party):
    about = {"purpose", "kind", "received_at"}
    content = {name: value for name, value in row.items() if name not in about}
    return words.for_party(fact_words(row["kind"], content), party)
