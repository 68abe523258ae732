"""Deletes casework whose years are over: its key first, so that no copy opens, then every row.

All of a student at once: notes are written under one key for all cases of a student.
"""

import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from apps.audit.models import Action, Audience
from apps.audit.services.audit_events import record
from apps.cases.models import (
    CaseMeeting,
    CaseRetention,
    KeptEvidence,
    MeetingItem,
    ProtectiveCase,
    ProtectiveNote,
    ProtectiveReader,
    ReferralAnswer,
    ReferralLink,
    Sign,
    StudentEvent,
    SupportCase,
)
from apps.cases.services import case_retention, protective_cases
from apps.cases.services.case_writing import NOTE_MANAGERS, PURPOSE
from apps.core import clock, sweeps
from apps.people.models import Municipality, Student
from apps.vault.choices import KeyEnd
from apps.vault.services.keys import destroy_keys_of

STUDENTS_AT_ONCE = 20  # in one transaction
Deletion = Callable[[Student], int]


def delete_ended_casework() -> int:
    """Delete what is due in every city that has set its years; how many students' casework.

    What is left when the time is up goes the next night.
    """
    n_done, until = 0, time.monotonic() + sweeps.TIME_LIMIT_S
    for city in Municipality.objects.order_by("pk"):
        kept = case_retention.retention_of(city.pk)
        if kept is None:
            continue
        for ended, delete in (
            (_ended_ordinary, _delete_ordinary),
            (_ended_protective, _delete_protective),
        ):
            left = until - time.monotonic()
            step = partial(_delete_some, kept, ended, delete)
            n_done += sweeps.run_sweep(step, seconds=left).n if left > 0 else 0
    return n_done


def _delete_some(
    kept: CaseRetention, ended: Callable[[CaseRetention], Iterable[QuerySet]], delete: Deletion
) -> int:
    """Delete the casework of the next few students; of those who are still due once locked."""
    ids = _students_of(ended(kept))[:STUDENTS_AT_ONCE]
    rows = Student.objects.filter(pk__in=ids).order_by("pk")
    locked = {one.pk: one for one in rows.select_for_update(no_key=True, skip_locked=True)}
    still = set(_students_of(rows.filter(student__in=list(locked)) for rows in ended(kept)))
    for pk in still & locked.keys():
        delete(locked[pk])
    return len(still & locked.keys())


def _students_of(found: Iterable[QuerySet]) -> list[UUID]:
    ids: dict[UUID, None] = {}
    for rows in found:
        of_these = rows.order_by("student").values_list("student", flat=True).distinct()
        ids.update(dict.fromkeys(of_these[:STUDENTS_AT_ONCE]))
    return list(ids)


# -- ordinary cases and events --------------------------------------------------------------------


def _ended_ordinary(kept: CaseRetention) -> Iterable[QuerySet]:
    before = case_retention.due_before(kept.years, clock.now())
    yield case_retention.ended_cases(kept.municipality_id, before)
    yield case_retention.ended_events(kept.municipality_id, before)


def _delete_ordinary(student: Student) -> int:
    destroy_keys_of(student, [PURPOSE], KeyEnd.CIRCUMSTANCES)
    cases = SupportCase.objects.filter(student=student)
    of_case = {"case__in": cases.values("pk")}
    of_referral = {f"referral__{name}": value for name, value in of_case.items()}
    met = list(MeetingItem.objects.filter(**of_case).values_list("meeting", flat=True))
    others = MeetingItem.objects.filter(meeting=OuterRef("pk"))
    rows: list[QuerySet[Any]] = [
        ReferralAnswer.objects.filter(**of_referral),
        ReferralLink.objects.filter(**of_referral),
    ]
    for name in NOTE_MANAGERS:  # results before steps, minutes before items
        model: Any = SupportCase._meta.get_field(name).related_model
        rows.append(model._default_manager.filter(**of_case))
    if met:
        rows.append(CaseMeeting.objects.filter(~Exists(others), pk__in=met))  # with its last case
    rows += [Sign.objects.filter(**of_case), cases, StudentEvent.objects.filter(student=student)]
    return _delete(rows, Action.CASEWORK_DELETED, student, PURPOSE)


# -- protective cases -----------------------------------------------------------------------------


def _ended_protective(kept: CaseRetention) -> Iterable[QuerySet]:
    before = case_retention.due_before(kept.protective_years, clock.now())
    yield case_retention.ended_protective(kept.municipality_id, before)


def _delete_protective(student: Student) -> int:
    destroy_keys_of(student, [protective_cases.PURPOSE], KeyEnd.CIRCUMSTANCES)
    cases = ProtectiveCase.objects.filter(student=student)
    of_case = {"case__in": cases.values("pk")}
    rows: list[QuerySet[Any]] = [
        model._default_manager.filter(**of_case)
        for model in (ProtectiveNote, KeptEvidence, ProtectiveReader)
    ]
    return _delete([*rows, cases], Action.PROTECTION_DELETED, student, protective_cases.PURPOSE)


@transaction.atomic
def _delete(rows: Iterable[QuerySet[Any]], action: Action, student: Student, purpose: str) -> int:
    n_rows = sum(found.order_by()._raw_delete("default") for found in rows)
    record(
        action, municipality_id=student.municipality_id, subject_id=student.pk, thing=student,
        purpose=purpose, detail=str(n_rows), audience=Audience.PROTECTIVE,
    )  # fmt: skip
    return n_rows
