"""Gives cases to a colleague who may work on them, and lets go of those whose holder has left."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _

from apps.audit.models import Action, Audience
from apps.audit.services.audit_events import record_many
from apps.cases.models import CaseState, Rank, SupportCase
from apps.people.models import Role, StaffPost, User
from apps.people.permission_tables import ROLES_BY_PURPOSE, ROLES_BY_VERB
from apps.people.permissions import may, may_open, role_of
from apps.people.post_scope import post_includes_student

VERB, PURPOSE = "cases.decide", "casework"
RELEASED_AT_ONCE = 500
HOLDING_ROLES = ROLES_BY_VERB[VERB] & ROLES_BY_PURPOSE[PURPOSE]


class CannotAssign(Exception):
    """Nothing was assigned; the message is shown to the user."""


@dataclass
class Assigned:
    """What became of the picked cases."""

    done: list[SupportCase] = field(default_factory=list)
    changed: list[SupportCase] = field(default_factory=list)  # by somebody else meanwhile


def version_of(case: SupportCase) -> str:
    """A short text for a case as its page shows it: who holds it, its state, its last judgement."""
    parts = (case.holder_id, case.state, case.judged_at, case.review_on)
    return sha256(repr(parts).encode()).hexdigest()[:16]


def colleagues_for(cases: Iterable[SupportCase]) -> list[StaffPost]:
    """The posts of those who may hold each of these cases, one a person."""
    students = [case.student for case in cases]
    posts = StaffPost.objects.current().filter(
        school__in={student.school_id for student in students}, role__in=HOLDING_ROLES,
        user__is_active=True,
    )  # fmt: skip
    found: dict[int, StaffPost] = {}
    for post in posts.order_by("role", "name", "pk"):
        if all(post_includes_student(post, student) for student in students):
            found.setdefault(post.user_id, post)
    return list(found.values())


@transaction.atomic
def assign_cases(versions: Mapping[UUID, str], *, holder: User, by: User) -> Assigned:
    """Give the cases {id: its version as shown} to a colleague. Twice is once.

    What somebody changed meanwhile is left as it is. Raises PermissionDenied, and CannotAssign
    where the colleague may not work on one of them; then nothing is written.
    """
    if not may(by, VERB):
        raise PermissionDenied(_("担当を決める立場ではありません。"))
    rows = SupportCase.objects.visible_to(by).filter(pk__in=versions).order_by("pk")
    cases = list(rows.select_related("student").select_for_update(of=["self"], no_key=True))
    result, given = Assigned(), []
    for case in cases:
        if case.holder_id == holder.pk and case.state != CaseState.CLOSED:
            result.done.append(case)
        elif case.state == CaseState.CLOSED or version_of(case) != versions[case.pk]:
            result.changed.append(case)
        else:
            _give(case, holder, by)
            given.append(case)
    result.done += given
    SupportCase.objects.bulk_update(given, ["holder", "holder_role"])
    record_many(_event(case, by) for case in given)
    return result


@transaction.atomic
def release_left_cases() -> int:
    """Let go of open cases whose holder works at the school no longer, or whose student moved.

    The case of a student who moved goes to the new school. Nobody holds it then: it stands on the
    lead's きょう. How many.
    """
    here = StaffPost.objects.current().filter(user=OuterRef("holder"), school=OuterRef("school"))
    moved = ~Q(school=F("student__school"))
    left = Q(holder__isnull=False) & (~Exists(here) | moved)
    rows = SupportCase.objects.filter(left | moved, rank__lt=Rank.CLOSED).order_by("pk")
    cases = list(
        rows.select_related("student").select_for_update(
            of=["self"], no_key=True, skip_locked=True
        )[:RELEASED_AT_ONCE]
    )
    for case in cases:
        case.holder, case.holder_role = None, ""
        case.school_id = case.student.school_id
    SupportCase.objects.bulk_update(cases, ["holder", "holder_role", "school"])
    record_many(_released(case) for case in cases)
    return len(cases)


def _released(case: SupportCase) -> dict:
    return {
        "action": Action.CASE_ASSIGNED,
        "municipality_id": case.municipality_id,
        "subject_id": case.student_id,
        "thing": case,
        "purpose": PURPOSE,
        "detail": "released",
        "audience": Audience.PROTECTIVE,
    }


def _give(case: SupportCase, holder: User, by: User) -> None:
    if not may(by, VERB, case.student):
        raise PermissionDenied(_("担当を決める立場ではありません。"))
    if not (may(holder, VERB, case.student) and may_open(holder, case.student, PURPOSE)):
        raise CannotAssign(_("この人は、選んだケースのすべてを受け持つことができません。"))
    case.holder = holder
    case.holder_role = str(Role(role_of(holder, case.student, VERB)).label)


def _event(case: SupportCase, by: User) -> dict:
    return {
        "action": Action.CASE_ASSIGNED,
        "actor": by,
        "role": role_of(by, case.student, VERB),
        "municipality_id": case.municipality_id,
        "subject_id": case.student_id,
        "thing": case,
        "purpose": PURPOSE,
        "audience": Audience.PROTECTIVE,
    }
