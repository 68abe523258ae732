"""What a guardian may see of a child, in pages and in the file. Pure.

A list of what is shown, not of what is left out: a new part, kind, field, action or purpose stays
invisible until it is put here. Not here, because the child's answers, words or worries would follow
from it: check-ins and their number, moods, visits to the nurse to talk, requests for help, messages,
certificates, what began and ended, the state of a purpose, and looks at signs and cases.
"""

from apps.audit.models import EventReason
from apps.consent.models import Purpose

ROW_FIELDS = {  # part of "my data" -> the fields of its rows
    "roster": (
        "name", "kana", "school", "class", "grade", "number", "birth_month", "guardians",
    ),
    "answers": ("at", "receipt", "by", "channel", "answers"),  # the guardians', no student's
    "linked": ("purpose", "kind", "received_at", "unreadable"),  # and those of the kind
    "looks": ("on", "what"),
    "corrections": ("at", "about", "words", "state", "answer"),  # this guardian's own
    "family": (  # this guardian's own
        "at", "to", "state", "topic", "words", "way", "contact", "hours", "unreadable",
    ),
    "read": ("at", "words", "version", "notice", "opened_at"),  # on this guardian's screen
    "devices": ("device", "since"),  # this guardian's
}  # fmt: skip
FACT_FIELDS = {  # kind of linked fact -> its fields
    "attendance_daily": ("date", "mark"),
    "attendance_monthly": ("month", "lessons", "excused", "absent", "present", "late", "early"),
    "nurse_visit": ("date", "half", "visit"),
    "grades": ("year", "term", "subject", "aspects", "rating"),
    "statement": (
        "verb", "object", "type", "duration", "timestamp", "success", "completion", "scaled",
    ),
    "study_week": ("week", "n", "answered", "right", "completed", "seconds"),
    "household": ("adults", "children", "single_adult"),
    "income": ("year", "band"),
    "allowances": ("scheme", "receiving", "from", "until"),
}  # fmt: skip
NURSE_VISIT = "nurse_visit"
NURSE_VISITS = ("INTERNAL", "SURGICAL", "OTHER")  # not: to talk

CORRECTION_SUBJECTS = (
    "roster", Purpose.ATTENDANCE, Purpose.NURSE_ROOM, Purpose.GRADES, Purpose.STUDY_LOG,
    Purpose.HOUSEHOLD, Purpose.INCOME, Purpose.ALLOWANCES,
)  # fmt: skip

# Who looked: planned work alone, of what the guardian may read, of which no row tells of a worry.
LOOK_THINGS = ("linkage.LinkedRecord", "checkins.CheckIn")  # no sign, event or note of a case
LOOK_REASONS = (EventReason.MEETING, EventReason.GUARDIAN_ASKED)
LOOK_PURPOSES = (
    Purpose.ATTENDANCE, Purpose.GRADES, Purpose.STUDY_LOG, Purpose.HOUSEHOLD, Purpose.INCOME,
    Purpose.ALLOWANCES,
)  # fmt: skip


def listed_row(part: str, row: dict) -> dict:
    """A row of a part with its listed fields alone."""
    return {name: row[name] for name in ROW_FIELDS[part] if name in row}


def listed_fact(kind: str, content: dict) -> dict | None:
    """An opened fact with its listed fields alone; None where a guardian does not see it at all."""
    if kind == NURSE_VISIT and content.get("visit") not in NURSE_VISITS:
        return None
    return {name: content[name] for name in FACT_FIELDS.get(kind, ()) if name in content}
