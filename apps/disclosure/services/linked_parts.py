"""The linked records of "my data": all to the student, the listed ones to a guardian."""

from typing import Any

from django.db.models import QuerySet

from apps.consent.models import Party
from apps.core.languages import join_sentences
from apps.disclosure import guardian_list
from apps.disclosure.services.data_parts import (
    DataPart,
    batches_of,
    content_or_damage,
    damage_note,
    iso_time,
    part_name,
    row_count,
    why_closed,
)
from apps.disclosure.words import paused_note
from apps.linkage.models import LinkedRecord
from apps.linkage.words import fact_sort_key
from apps.people.models import Student, User
from apps.vault.damage import is_unreadable
from apps.vault.services.sealed_content import NEVER_TO_GUARDIAN, open_for_guardian, open_own

NEWEST_FIRST = ("-received_at", "-kept_until", "pk")


def records_of_student(student: Student, user: User, limit: int | None) -> DataPart:
    """What is linked about a student, to the student: after a PIN reset by staff, since then."""
    known = LinkedRecord.objects.filter(student=student).shown_to(user)
    shown = known.readable().order_by(*NEWEST_FIRST)
    if student.closed_before is not None:
        shown = shown.filter(received_at__gt=student.closed_before)
    data, unread = [], []
    for batch in batches_of(shown, limit):
        for row, content in zip(batch, open_own(batch, student=student), strict=True):
            if content is not None:
                data.append(_row(row, content_or_damage(content)))
            if is_unreadable(content):
                unread.append(content)
    note = join_sentences(damage_note(unread, Party.STUDENT), paused_note(known.waiting().count()))
    return _part(data, row_count(shown, len(data), limit), note)


def records_for_guardian(student: Student, user: User, limit: int | None) -> DataPart:
    """What a guardian sees of it: the kinds, visits and fields of ``guardian_list``, no others.

    Visits to the nurse are all opened: those to talk are neither shown nor counted, nor are those
    that cannot be read, for nobody knows what they were.
    """
    known = LinkedRecord.objects.filter(student=student, kind__in=guardian_list.FACT_FIELDS)
    shown = known.exclude(purpose__in=NEVER_TO_GUARDIAN).shown_to(user).readable()
    shown = shown.order_by(*NEWEST_FIRST)
    others = shown.exclude(kind=guardian_list.NURSE_VISIT)
    visits, _unknown = _listed(shown.filter(kind=guardian_list.NURSE_VISIT), student, user, None)
    visits = [row for row in visits if "unreadable" not in row]
    data, unread = _listed(others, student, user, limit)
    n_rows = row_count(others, len(data), limit) + len(visits)
    note = damage_note(unread, Party.GUARDIAN)
    return _part([*visits, *data], n_rows, note)


def _listed(
    rows: QuerySet, student: Student, user: User, limit: int | None
) -> tuple[list[dict[str, Any]], list[Any]]:
    """(listed rows as plain data, the contents that cannot be read)."""
    data, unread = [], []
    for batch in batches_of(rows, limit):
        contents = open_for_guardian(batch, actor=user, student=student)
        for row, content in zip(batch, contents, strict=True):
            listed: dict[str, Any] | None = why_closed(content)
            if listed:
                unread.append(content)
            elif content:
                listed = guardian_list.listed_fact(row.kind, content)
            if listed:
                data.append(_row(row, listed))
    return data, unread


def _row(row: LinkedRecord, content: dict[str, Any]) -> dict[str, Any]:
    about = {"purpose": row.purpose, "kind": row.kind, "received_at": iso_time(row.received_at)}
    return about | content


def _part(data: list[dict[str, Any]], n_rows: int, note: str) -> DataPart:
    data.sort(key=fact_sort_key, reverse=True)
    return DataPart("linked", part_name("linked"), data, n_rows, note)
