"""Who reads a protective case: asked by a reader, decided by somebody of the city's route."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.audit.models import Action
from apps.cases.models import ProtectiveCase, ProtectiveReader, ReaderState
from apps.cases.services.protective_cases import (
    CannotProtect,
    locked_protective,
    record_protective,
)
from apps.core import clock
from apps.people.models import Role, StaffPost, User
from apps.people.services.outside_readers import cities_read_by
from apps.people.services.person_accounts import (
    accounts_of_person,
    children_of_person,
    is_same_person,
    posts_of_person,
)


def changes_waiting_for(user: User) -> QuerySet[ProtectiveReader]:
    """What this person of the route may decide: not what they asked for, not about themselves."""
    cities = cities_read_by(user)
    if not cities:
        return ProtectiveReader.objects.none()
    own = accounts_of_person(user)
    kept = ProtectiveReader.objects.filter(person__in=own, state=ReaderState.KEPT_FROM)
    rows = ProtectiveReader.objects.undecided().filter(municipality__in=cities)
    rows = rows.exclude(asked_by__in=own).exclude(person__in=own)
    rows = rows.exclude(case__in=kept.values("case"))
    rows = rows.exclude(case__student__in=children_of_person(user))
    schools = [post.school_id for post in posts_of_person(user) if post.school_id]
    return rows.exclude(case__school__in=schools).select_related("case__school", "person")


@transaction.atomic
def ask_reader(case: ProtectiveCase, post: StaffPost, *, by: User) -> ProtectiveReader:
    """Ask that somebody may read the case; nothing changes before the route confirms it."""
    case = locked_protective(case, by)
    kept = case.readers.filter(state=ReaderState.KEPT_FROM).values_list("person", flat=True)
    if post.user is None or accounts_of_person(post.user) & set(kept):
        raise CannotProtect(_("この人は選べません。"))
    if case.student_id in children_of_person(post.user):
        raise CannotProtect(_("この人は選べません。"))
    row = case.readers.filter(person=post.user).first()
    if row is not None and row.state != ReaderState.ENDED:
        return row
    row = row or ProtectiveReader(municipality_id=case.municipality_id, case=case, person=post.user)
    row.role = str(Role(post.role).label)
    _ask(row, ReaderState.WAITING, by)
    return row


@transaction.atomic
def ask_removal(row: ProtectiveReader, *, by: User) -> ProtectiveReader:
    """Ask that a reader reads no longer; they read until the route confirms it."""
    case = locked_protective(row.case, by)
    row = case.readers.get(pk=row.pk)
    if row.state == ReaderState.READING:
        _ask(row, ReaderState.LEAVING, by)
    return row


@transaction.atomic
def decide_change(row: ProtectiveReader, *, by: User, agrees: bool) -> ProtectiveReader:
    """Agree to a change of readers, or refuse it, as a second person of the city's route.

    Raises PermissionDenied for who asked for it, and for anybody who is not of the route.
    """
    waiting = ProtectiveReader.objects.undecided().filter(pk=row.pk)
    found = waiting.select_for_update(of=["self"]).first()
    if found is None:
        raise CannotProtect(_("もう決まっています。"))
    may_decide = changes_waiting_for(by).filter(pk=row.pk).exists()
    if not may_decide or is_same_person(by, found.asked_by_id):
        raise PermissionDenied(_("この変更を確かめる立場ではありません。"))
    is_new = found.state == ReaderState.WAITING
    reads = agrees if is_new else not agrees
    found.state = ReaderState.READING if reads else ReaderState.ENDED
    found.decided_by, found.decided_at = by, clock.now()
    found.save(update_fields=["state", "decided_by", "decided_at"])
    record_protective(Action.PROTECTION_READERS, found.case, by, detail=found.state)
    return found


def _ask(row: ProtectiveReader, state: ReaderState, by: User) -> None:
    row.state, row.asked_by, row.asked_at = state, by, clock.now()
    row.decided_by = row.decided_at = None
    row.save()
    record_protective(Action.PROTECTION_READERS, row.case, by, detail=state)
