"""A guardian who comes by a letter is let in by people of the school, never by the letter alone.

Whoever holds a letter is not yet the guardian: staff print letters. Until the school has learned
by another path who came, and somebody who did not make the letter says so, the account sees
nothing of a child and decides nothing. ``tie_confirmed`` is the one place that lets in; proof by
the My Number card can end there too, once there is one.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Subquery

from apps.audit.models import Action, Audience
from apps.audit.services import record_many
from apps.core import clock
from apps.people import standing
from apps.people.models import Guardian, Guardianship, GuardianStanding, Role, Student, User
from apps.signin.arrival_rules import ENOUGH, needs_lead, standing_after
from apps.signin.models import (
    ArrivalConfirmation,
    ArrivalState,
    Evidence,
    GuardianArrival,
    Invitation,
)
from apps.signin.services.arrival_evidence import NO_CALL_BACK, note
from apps.signin.services.arrival_looks import Look, look_at, with_all
from apps.signin.services.arrival_queue import NOT_OPEN, roles_of, why_not

LEADS = {Role.PRINCIPAL, Role.CITY}  # one of the two, where somebody is kept out from the child

CHANGED = "この画面を開いたあとに変わりました。まだ何もしていません。もう一度見てください。"
ONE_OF_LEADS = "この登録は、二人のうち一人が、管理職か市の担当者です。その人が確かめてください。"
NO_EVIDENCE = (
    "手紙のほかの道(もどった控え・学校が前から持つ番号への電話・面会)で確かめたことを、"
    "先に記録してください。名前が合うだけでは確かめられません。"
)
SWITCHED_OFF = "この保護者は、名簿で止められているか、名簿にいません。"
HAS_ACCOUNT = "この保護者には、もうほかのアカウントがあります。"


class CannotConfirm(Exception):
    """The word about an arrival is refused; the message is a sentence for the member of staff."""


@dataclass
class Decided:
    """What became of several arrivals: each stands alone."""

    done: list[Look] = field(default_factory=list)  # decided
    said: list[Look] = field(default_factory=list)  # this word counts, another is needed
    refused: list[tuple[Look, str]] = field(default_factory=list)  # (which, why in a sentence)


def begin(
    guardian: Guardian,
    user: User,
    letter: Invitation,
    *,
    tells_others: bool,
    has_secret: bool = False,
    safe_contact: str = "",
    staff_on_device: Iterable[UUID] = (),
) -> GuardianArrival:
    """The arrival of who came with a guardian's own letter, in the transaction that uses it up.

    Where the newcomer does not want the other guardian told, or says that somebody must not know,
    two people must confirm.
    """
    _lapse(GuardianArrival.objects.overdue().filter(guardian=guardian))
    return GuardianArrival.objects.create(
        municipality_id=guardian.municipality_id, guardian=guardian, user=user, invitation=letter,
        school=_school_of(letter), arrived_at=clock.now(),
        tells_others=tells_others and not has_secret, has_secret=has_secret,
        safe_contact=safe_contact if has_secret else "", staff_on_device=list(staff_on_device),
    )  # fmt: skip


def children_shown(arrival: GuardianArrival, user: User) -> list[Student]:
    """The children of who came whom this person may know of here: never those of other schools."""
    return look_of(arrival, user).shown_to(user)


def seen_of(arrival: GuardianArrival, user: User) -> str:
    """The arrival as this person's page shows it, in a few characters."""
    return look_of(arrival, user).seen_by(user)


def look_of(arrival: GuardianArrival, user: User) -> Look:
    """The Look at one arrival, as it is stored now."""
    (found,) = look_at(list(with_all(GuardianArrival.objects.filter(pk=arrival.pk))), user)
    return found


def confirm(
    arrival: GuardianArrival, *, by: User, seen: str, kind: str = "", document_number: str = ""
) -> GuardianArrival:
    """This member of staff has learned that the guardian is who came; with enough words they are in.

    ``seen`` is that of ``seen_of``. Raises CannotConfirm.
    """
    found = confirm_many({arrival.pk: seen}, by=by, kind=kind, document_number=document_number)
    return _the_one(found)


@transaction.atomic
def confirm_many(
    ticks: dict[UUID, str], *, by: User, kind: str = "", document_number: str = ""
) -> Decided:
    """The same about several ({id: what the page showed}); ``kind`` is the Evidence of all of them.

    Whatever their number, the statements are the same.
    """
    found, ok = Decided(), []
    for look in _locked(ticks, by):
        why = _why_refused(look, by, ticks) or _why_not_confirmed(look, by, kind)
        if why:
            found.refused.append((look, why))
        else:
            ok.append(look)
    note(ok, kind, by=by, document_number=document_number)
    guardians = _lock_guardians(ok)
    came = defaultdict(list)  # {student id: [arrivals of this batch that are in]}
    for look in ok:
        look.facts = _facts_after(look, came)
        if len(look.said) + 1 < look.n_needed:
            found.said.append(look)
        elif why := _why_not_tied(look, guardians[look.arrival.guardian_id]):
            found.refused.append((look, why))
        else:
            found.done.append(look)
            for child in look.children:
                came[child.pk].append(look.arrival)
    _say([*found.done, *found.said], by)
    tie_confirmed(found.done)
    return found


@transaction.atomic
def refuse(arrival: GuardianArrival, *, by: User, seen: str) -> GuardianArrival:
    """It was somebody else: the account stays tied to nobody. Raises CannotConfirm."""
    return _the_one(refuse_many({arrival.pk: seen}, by=by))


@transaction.atomic
def refuse_many(ticks: dict[UUID, str], *, by: User) -> Decided:
    """The same of several ({id: what the page showed})."""
    found = Decided()
    for look in _locked(ticks, by):
        if why := _why_refused(look, by, ticks):
            found.refused.append((look, why))
        else:
            found.done.append(look)
    ids = [look.arrival.pk for look in found.done]
    _end(ids, ArrivalState.REFUSED, refused_by=by)
    _record(Action.ARRIVAL_REFUSED, found.done, by)
    return found


def tie_confirmed(looks: list[Look]) -> None:
    """Let these newcomers in, in the caller's transaction; the keys are brought in step soon after.

    Who came by their own letter is tied to the guardian whom the roster names; who came by a
    child's letter may decide or be informed, by what they are to the child.
    """
    if not looks:
        return
    ids = [look.arrival.pk for look in looks]
    by_roster = [each.arrival.guardian_id for each in looks if each.arrival.student_id is None]
    if by_roster:
        came = GuardianArrival.objects.filter(pk__in=ids, guardian=OuterRef("pk"))
        Guardian.objects.filter(pk__in=by_roster).update(user=Subquery(came.values("user")[:1]))
        secret = [each.arrival.guardian_id for each in looks if each.arrival.has_secret]
        of_secret = Guardianship.objects.current().filter(guardian__in=secret)
        of_secret.filter(guardian__in=by_roster).update(must_stay_unknown=True)
    for value in (GuardianStanding.DECIDES, GuardianStanding.INFORMED):
        of_value = [each for each in looks if each.arrival.student_id and _after(each) == value]
        if of_value:
            waiting = _ties_of([each.arrival.pk for each in of_value]).waiting()
            waiting.update(standing=value)
    _end(ids, ArrivalState.CONFIRMED)
    clock.nudge("consent.settle_all")


def lapse_unconfirmed() -> int:
    """End the arrivals that nobody confirmed in time; how many."""
    return _lapse(GuardianArrival.objects.overdue())


# -- inside ------------------------------------------------------------------------------------


def _the_one(found):
    """The arrival of a decision about one. Raises CannotConfirm."""
    for _, why in found.refused:
        raise CannotConfirm(why)
    for look in (*found.done, *found.said):
        look.arrival.refresh_from_db()
        return look.arrival
    raise CannotConfirm(NOT_OPEN)


def _locked(ticks, by):
    """Looks at the named arrivals as they are now, locked after children, ties and guardians.

    The children first: how many guardians one has is counted by one decision at a time.
    """
    named = GuardianArrival.objects.filter(pk__in=ticks)
    of_guardians = Guardianship.objects.filter(guardian__in=named.values("guardian"))
    children = Student.objects.filter(pk__in=of_guardians.values("student")).order_by("pk")
    list(children.select_for_update(no_key=True).values_list("pk"))
    pairs = list(named.values_list("guardian_id", "user_id"))
    standing.hold_ties_of_many([of for of, _ in pairs], [user for _, user in pairs])
    guardians = Guardian.objects.filter(pk__in=[of for of, _ in pairs]).order_by("pk")
    list(guardians.select_for_update(no_key=True).values_list("pk"))
    list(named.order_by("pk").select_for_update().values_list("pk"))
    return look_at(list(with_all(named).order_by("arrived_at", "pk")), by)


def _lock_guardians(looks):
    return Guardian.objects.in_bulk([look.arrival.guardian_id for look in looks])


def _why_refused(look, by, ticks):
    return why_not(look, by) or ("" if look.seen_by(by) == ticks[look.arrival.pk] else CHANGED)


def _why_not_confirmed(look, by, kind):
    """Why a word of this person for the newcomer does not count (yet)."""
    if kind == Evidence.CALL_BACK and look.facts.has_secret:
        return NO_CALL_BACK
    if kind not in ENOUGH and not look.has_evidence:
        return NO_EVIDENCE
    is_last = len(look.said) + 1 >= look.n_needed
    said = {role for _, role in look.said} | set(roles_of(look, by)[:1])
    return ONE_OF_LEADS if is_last and needs_lead(look.facts) and not said & LEADS else ""


def _facts_after(look, came):
    """The Facts of one of several, once those before it (``came``, by child) are guardians too."""
    account = look.arrival.user_id
    before = [arrival for child in look.children for arrival in came[child.pk]]
    beside = [arrival for arrival in before if arrival.user_id != account]
    names = standing.names_of(look.arrival.guardian)
    return replace(
        look.facts,
        n_confirmed=look.facts.n_confirmed + len({each.user_id for each in beside}),
        name_has_account=look.facts.name_has_account
        or any(names & standing.names_of(each.guardian) for each in beside),
    )


def _why_not_tied(look, guardian):
    if not guardian.is_enabled or guardian.left_at is not None:
        return SWITCHED_OFF
    return "" if guardian.user_id in (None, look.arrival.user_id) else HAS_ACCOUNT


def _say(looks, by):
    now = clock.now()
    ArrivalConfirmation.objects.bulk_create(
        ArrivalConfirmation(
            municipality_id=look.arrival.municipality_id, arrival=look.arrival, confirmed_by=by,
            confirmed_role=roles_of(look, by)[0], confirmed_at=now,
        )
        for look in looks
    )  # fmt: skip
    _record(Action.ARRIVAL_CONFIRMED, looks, by)


def _after(look):
    facts = look.facts
    return standing_after(facts.relation, has_document=facts.has_document)


def _ties_of(ids):
    """The unconfirmed ties of these arrivals (ids) by a child's letter."""
    came = GuardianArrival.objects.filter(
        pk__in=ids, student=OuterRef("student"), guardian=OuterRef("guardian")
    )
    return Guardianship.objects.unconfirmed().filter(Exists(came))


def _end(ids, state, **fields):
    """End these arrivals, and the ties of those that let nobody in; how many."""
    now = clock.now()
    of_these = GuardianArrival.objects.filter(pk__in=ids, state=ArrivalState.WAITING)
    n_ended = of_these.update(state=state, ended_at=now, **fields)
    if state != ArrivalState.CONFIRMED:
        _ties_of(ids).update(ended_at=now)
    return n_ended


def _lapse(overdue):
    return _end(list(overdue.values_list("pk", flat=True)), ArrivalState.LAPSED)


def _school_of(letter):
    if letter.student is not None:
        return letter.student.school
    if letter.school_class is not None:
        return letter.school_class.school
    ties = Guardianship.objects.current().filter(guardian=letter.guardian_id).order_by("pk")
    first = ties.select_related("student__school").first()
    return first.student.school if first else None


def _record(action, looks, by):
    record_many(
        {
            "action": action, "actor": by, "role": roles_of(look, by)[0], "subject_id": child.pk,
            "thing": look.arrival, "municipality_id": look.arrival.municipality_id,
            "fields": ["state"], "audience": Audience.PROTECTIVE,
        }
        for look in looks
        for child in look.shown_to(by)
    )  # fmt: skip
