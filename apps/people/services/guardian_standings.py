"""Reads and sets the standing of guardianships; the roster never sets it.

``apps.consent`` carries the acts out, in one transaction with the keys that depend on them.
"""

import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from apps.audit.models import Audience
from apps.core import clock
from apps.people.models import (
    Guardian,
    GuardianOrigin,
    Guardianship,
    GuardianshipEnd,
    GuardianStanding,
    PendingAct,
    Role,
    StandingChange,
    User,
)
from apps.people.models.guardians import INFORMED_STANDINGS
from apps.people.permissions import students_where
from apps.people.relation_rules import DECIDING_RELATIONS, RELATIONS_BY_DOCUMENT
from apps.people.services.person_accounts import accounts_of_person
from apps.people.services.recorded_changes import record_change

STANDING_LOCK_SQL = (
    "SELECT pg_advisory_xact_lock(hashtextextended('people.guardianship.standing', 0))"
)
HIRAGANA_TO_KATAKANA = {kana: kana + 0x60 for kana in range(0x3041, 0x3097)}  # of ひらがな
SHARED_STANDING_LOCK_SQL = STANDING_LOCK_SQL.replace("_lock(", "_lock_shared(", 1)


def guardianships_visible_to(user: User):
    """The guardianships whose standing this member of staff may see: of their school or city."""
    return Guardianship.objects.filter(students_where(user, "guardians.standing", "student__"))


def guardianships_to_decide(user: User):
    """Guardianships of today that began kept out because of others, and are undecided."""
    latest_change = StandingChange.objects.filter(
        guardian=OuterRef("guardian"), student=OuterRef("student")
    )
    waiting = Guardianship.objects.named().kept_out().filter(~Exists(latest_change))
    return waiting.filter(pk__in=guardianships_visible_to(user).values("pk"))


def standings_to_review(user: User):
    """The last StandingChanges whose day of review has come: of who set them, and of the city.

    A reminder: the standing stays as it is until two people change it.
    """
    later = StandingChange.objects.filter(
        guardian=OuterRef("guardian"),
        student=OuterRef("student"),
        changed_at__gt=OuterRef("changed_at"),
    )
    cities = {post.municipality_id for post in user.current_posts if post.role == Role.CITY}
    accounts = accounts_of_person(user)
    own = Q(changed_by__in=accounts) | Q(act__proposed_by__in=accounts)
    due = StandingChange.objects.filter(remind_on__lte=clock.today()).filter(~Exists(later))
    visible = guardianships_visible_to(user).filter(
        guardian=OuterRef("guardian"), student=OuterRef("student")
    )
    due = due.filter(municipality__in={post.municipality_id for post in user.current_posts})
    return due.filter(Q(municipality__in=cities) | own).filter(Exists(visible))


def lock_against_rosters() -> None:
    """Lock against roster imports until the commit; a later import waits for this transaction.

    Called after the student and the guardianships are locked: the lock order of an import.
    """
    with connection.cursor() as cursor:
        cursor.execute(STANDING_LOCK_SQL)


def lock_guardianships_of(guardian_id: UUID, user_id: UUID) -> None:
    """Lock the guardianships of a guardian and of an account, then lock against keeping out."""
    lock_guardianships_of_many([guardian_id], [user_id])


def lock_guardianships_of_many(guardian_ids: Iterable[UUID], user_ids: Iterable[UUID]) -> None:
    """The same for several guardians and accounts.

    In this order: keeping out locks the guardianships first, too.
    """
    whose = Q(guardian__in=list(guardian_ids)) | Q(guardian__user__in=list(user_ids))
    guardianships = Guardianship.objects.filter(whose)
    list(guardianships.order_by("pk").select_for_update(of=("self",)))
    lock_against_keeping_out()


def lock_against_keeping_out() -> None:
    """Lock against keeping out until the commit; a later one waits for this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(SHARED_STANDING_LOCK_SQL)


def guardianships_of_person(guardianship: Guardianship) -> list[Guardianship]:
    """All guardianships of this child, past ones too, held by the same person as this one.

    The same person: the same row, account, or name at the same child, as two schools may
    name one adult twice. A name the person gave themselves, unconfirmed by the school,
    does not count.
    """
    guardianships = Guardianship.objects.filter(student=guardianship.student_id).select_related(
        "guardian"
    )
    return [
        each
        for each in guardianships.order_by("began_at", "pk")
        if _is_same_account(each.guardian, guardianship.guardian)
        or not (each.is_unconfirmed or guardianship.is_unconfirmed)
        and guardian_names(each.guardian) & guardian_names(guardianship.guardian)
    ]


def set_standing(
    guardianships: list[Guardianship], standing: GuardianStanding, *, reason: str, document_number: str,
    act: PendingAct, by: User, role: str, remind_on: date | None = None,
) -> datetime:  # fmt: skip
    """Set the standing of these guardianships of one child and record who and why; the time.

    In the caller's transaction, student and guardianships locked. Only the privacy officer reads
    the record. Who was kept out before being confirmed waits for confirmation again.
    """
    now = clock.now()
    found = Guardianship.objects.filter(pk__in=[guardianship.pk for guardianship in guardianships])
    if standing in INFORMED_STANDINGS:
        found.filter(is_unconfirmed=True).update(standing=GuardianStanding.WAITING)
        found = found.filter(is_unconfirmed=False)
    found.update(standing=standing)
    for guardianship in {
        guardianship.guardian_id: guardianship for guardianship in guardianships
    }.values():
        change = StandingChange.objects.create(
            municipality_id=guardianship.municipality_id, guardian_id=guardianship.guardian_id,
            student_id=guardianship.student_id, standing=standing, reason=reason,
            document_number=document_number, act=act, changed_by=by, changed_role=role,
            changed_at=now, remind_on=remind_on,
        )  # fmt: skip
        record_change(
            change, by, ["standing"], role=role, student_id=guardianship.student_id,
            audience=Audience.OFFICE,
        )  # fmt: skip
    return now


def pairs_ended_by_school(student_ids: Iterable[UUID]) -> set[tuple[UUID, UUID]]:
    """{(guardian id, student id)} of these students' guardianships that an act ended."""
    ended = GuardianshipEnd.objects.filter(student__in=list(student_ids))
    return set(ended.values_list("guardian", "student"))


def standing_history(guardianship: Guardianship):
    """The StandingChanges of these two people, newest first."""
    found = StandingChange.objects.filter(
        guardian=guardianship.guardian_id, student=guardianship.student_id
    )
    return found.select_related("changed_by")


def former_standing(guardianship: Guardianship) -> GuardianStanding:
    """The standing of this guardianship before it was kept out: decides or informed.

    Without a record it is decides, except for who registered by letter in a relation that never
    decides by itself.
    """
    for change in standing_history(guardianship).select_related("act"):
        was = change.act.payload.get("before", {}).get(
            str(guardianship.guardian_id), change.standing
        )
        if was in INFORMED_STANDINGS:
            return GuardianStanding(was)
    decides = guardianship.origin == GuardianOrigin.ROSTER or guardianship.relation in {
        *DECIDING_RELATIONS,
        *RELATIONS_BY_DOCUMENT,
    }
    return GuardianStanding.DECIDES if decides else GuardianStanding.INFORMED


def _is_same_account(one: Guardian, other: Guardian) -> bool:
    return one.pk == other.pk or (one.user_id is not None and one.user_id == other.user_id)


def guardian_names(guardian: Guardian) -> set[str]:
    """The full name and its reading, for comparing."""
    written = (
        guardian.family_name + guardian.given_name,
        guardian.family_kana + guardian.given_kana,
    )
    return {name for name in map(comparable_name, written) if name}


def comparable_name(written: str) -> str:
    """A name for comparing: without spaces, one width and case, ひらがな as カタカナ."""
    plain = "".join(unicodedata.normalize("NFKC", written).casefold().split())
    return plain.translate(HIRAGANA_TO_KATAKANA)
