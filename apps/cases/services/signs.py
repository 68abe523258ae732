"""Finds signs in new rows, renews them by newer facts, deletes them with consent or after 30 days."""

import time

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from apps.audit.models import Action, Audience
from apps.audit.services.audit_events import record_many
from apps.cases.models import CaseState, RuleCheck, Sign, SignState, SupportCase
from apps.cases.models.signs import lacks_other_key
from apps.cases.services.case_writing import NOTE_MANAGERS
from apps.cases.services.sign_checks import check_group, rule_groups
from apps.consent.models import RowSource
from apps.consent.services import row_sweeps
from apps.consent.services.certificates import unswept_since
from apps.core import clock, statistics, sweeps
from apps.core.batches import in_batches
from apps.people.models import Student
from apps.vault.models import DestroyedKey, SubjectKey
from apps.vault.services.share_store import is_store_unavailable
from apps.vault.shares import StoreUnavailable

UNWORKED_STATES = (CaseState.NEW, CaseState.LOOKING)
DELETE_TIME_S = 10.0
CASES_AT_ONCE = 100
CHECK_TIME_S = 60.0  # seconds; a task may take 90
SIGN_COLUMNS = "cases_sign (student_id, case_id, rule_id, key_id, state)"
ANALYSE_FROM = 1_000  # signs; the list of cases joins them with cases and keys


def update_signs():
    """Update signs and cases from what may be read now; how many signs were raised or renewed.

    Only students of whom something is new are looked at, some at once: a transaction that first
    locks them, so two sweeps at once, a sweep and a withdrawal, or a killed worker are harmless.
    The next run continues where time ran out: checked students are not due any more.
    """
    _delete_unreadable()
    Sign.objects.open().filter(expires_at__lte=clock.now()).update(state=SignState.EXPIRED)
    n_found = _check_all(time.monotonic() + CHECK_TIME_S)
    statistics.analyse_after(n_found, SIGN_COLUMNS, at_least=ANALYSE_FROM)
    _close_idle()
    return n_found


def _check_all(until):
    n_found = 0
    if is_store_unavailable():  # nothing can be decrypted; the next run checks it
        return n_found
    for group in rule_groups():
        try:
            n_now, is_done = check_group(group, until)
        except StoreUnavailable:  # from now on
            return n_found
        n_found += n_now
        if time.monotonic() >= until and not is_done:
            break
    return n_found


# -- deleting -------------------------------------------------------------------------------------


def _delete_unreadable():
    """Delete signs whose key was destroyed, and their RuleChecks: of the keys that ended since the
    last sweep, in the night all of them.
    """
    keys = SubjectKey.objects.filter(student=OuterRef("student"), purpose=OuterRef("purpose"))
    unopened, without_other = RuleCheck.objects.exclude(Exists(keys)), lacks_other_key()
    if (since := unswept_since(RowSource.CASES)) is not None:
        ended = DestroyedKey.objects.filter(ended_at__gte=since).values("student_id")
        unopened = unopened.filter(student__in=ended)
        without_other &= Q(student__in=ended)
    sweeps.delete_due(unopened, seconds=DELETE_TIME_S)
    row_sweeps.sweep_rows(
        Sign, source=RowSource.CASES, expired=without_other, audience=Audience.PROTECTIVE,
        seconds=DELETE_TIME_S,
    )  # fmt: skip


def _idle():
    """A Q for cases without signs that are a reason to look, and without notes."""
    signs = Sign.objects.open().reasons_to_look().with_key().filter(case=OuterRef("pk"))
    notes = [
        SupportCase._meta.get_field(name).related_model.objects.filter(case=OuterRef("pk"))
        for name in NOTE_MANAGERS
    ]
    idle = ~Exists(signs)
    for written in notes:
        idle &= ~Exists(written)
    return idle


def _close_idle():
    """Close the cases that nobody has begun to work on and whose signs are gone."""
    idle = SupportCase.objects.filter(_idle(), state__in=UNWORKED_STATES).order_by("student_id")
    for ids in in_batches(list(idle.values_list("student_id", flat=True)), CASES_AT_ONCE):
        _close_idle_of(ids)


@transaction.atomic
def _close_idle_of(student_ids):
    locked = Student.objects.filter(pk__in=student_ids).order_by("pk")
    list(locked.select_for_update(no_key=True).values_list("pk", flat=True))
    still = SupportCase.objects.filter(
        _idle(), student__in=student_ids, state__in=UNWORKED_STATES
    ).order_by("pk")
    cases = list(still.select_for_update(of=["self"], no_key=True))
    SupportCase.objects.filter(pk__in=[case.pk for case in cases]).update(
        state=CaseState.CLOSED, closed_at=clock.now()
    )
    record_many(
        {
            "action": Action.CASE_CLOSED,
            "municipality_id": case.municipality_id,
            "subject_id": case.student_id,
            "thing": case,
            "audience": Audience.PROTECTIVE,
        }
        for case in cases
    )
