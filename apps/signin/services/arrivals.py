"""A guardian who comes by a letter is let in by a person of the school, never by the letter alone.

Whoever holds a letter is not yet the guardian: staff print letters. Until somebody of another role
than those who printed it says that the guardian came, the account is tied to nobody: it sees
nothing of a child and decides nothing. ``tie_confirmed`` is the one place that ties; proof by the
My Number card can end there too, once there is one.
"""

from hashlib import sha256

from django.db import transaction

from apps.audit.models import Action, Audience
from apps.audit.services import record
from apps.core import clock
from apps.people import standing
from apps.people.models import Guardian, Guardianship, Student, User
from apps.people.permissions import kept_from, posts_with, role_of, students_where
from apps.people.reach import reaches
from apps.people.same_person import OF_THE_FAMILY, accounts_of, family_of, is_same_person
from apps.signin.models import ArrivalConfirmation, ArrivalState, GuardianArrival, Invitation

VERB = "arrivals.confirm"
AT_ONCE = 200  # on one page; the oldest first

NOT_OPEN = "もう決まったか、期限がすぎた登録です。"
NOT_BY_PRINTER = "手紙を作った人・印刷した人のほかの人が確かめます。"
OTHER_ROLE = "手紙を印刷した人や先に確かめた人とはちがう立場の、この学校の人が確かめます。"
SAID_ALREADY = "あなたは、もう確かめました。もう一人が確かめます。"
CHANGED = "この画面を開いたあとに変わりました。まだ何もしていません。もう一度見てください。"
ASK_LEAD = "この登録は、いまは確かめられません。管理職に聞いてください。"


class CannotConfirm(Exception):
    """The word about an arrival is refused; the message is a sentence for the member of staff."""


def begin(
    guardian: Guardian, user: User, letter: Invitation, *, tells_others: bool
) -> GuardianArrival:
    """The arrival of who came with a letter, in the transaction that uses it up, guardian locked.

    Where the newcomer does not want the other guardian told, two people must confirm.
    """
    _lapse(GuardianArrival.objects.overdue().filter(guardian=guardian))
    return GuardianArrival.objects.create(
        municipality_id=guardian.municipality_id, guardian=guardian, user=user, invitation=letter,
        school=_school_of(letter), arrived_at=clock.now(), tells_others=tells_others,
    )  # fmt: skip


def known_to(user: User):
    """The GuardianArrivals about children for whom this person may confirm one (a queryset)."""
    ties = Guardianship.objects.current().filter(
        student__in=Student.objects.enrolled().filter(students_where(user, VERB))
    )
    known = GuardianArrival.objects.filter(guardian__in=ties.values("guardian"))
    known = known.select_related("guardian", "invitation__issued_by")
    return known.prefetch_related("confirmations", "invitation__printings__sheet")


def waiting_for(user: User) -> list[GuardianArrival]:
    """Those that wait for this person's word, the oldest first, so many as one page holds."""
    mine = accounts_of(user)
    waiting = known_to(user).waiting().exclude(user__in=mine)
    waiting = waiting.exclude(invitation__issued_by__in=mine)
    waiting = waiting.exclude(invitation__printings__sheet__printed_by__in=mine)
    waiting = waiting.exclude(confirmations__confirmed_by__in=mine)
    roles = {post.role for post in posts_with(user, VERB)}
    if len(roles) == 1:  # of who has several, one of them may do
        waiting = waiting.exclude(invitation__printings__sheet__printed_role__in=roles)
        waiting = waiting.exclude(confirmations__confirmed_role__in=roles)
    found = list(waiting.order_by("arrived_at", "pk")[:AT_ONCE])
    _note_children(found)
    return [arrival for arrival in found if not why_not(arrival, user)]


def why_not(arrival: GuardianArrival, user: User) -> str:
    """Why this person cannot decide about the arrival; "" where they can."""
    sheets, said = _sheets(arrival), _said(arrival)
    if not arrival.is_waiting or is_same_person(user, arrival.user_id):
        return NOT_OPEN
    makers = [arrival.invitation.issued_by_id, *(person for person, _ in sheets)]
    if any(is_same_person(user, maker) for maker in makers):
        return NOT_BY_PRINTER
    if any(is_same_person(user, person) for person, _ in said):
        return SAID_ALREADY
    if {child.pk for child in _children(arrival)} & family_of(user):
        return OF_THE_FAMILY
    return "" if _roles(arrival, user, sheets, said) else OTHER_ROLE


def children_shown(arrival: GuardianArrival, user: User) -> list[Student]:
    """The children of who came whom this person may know of here: never those of other schools."""
    posts = posts_with(user, VERB)
    return [child for child in _children(arrival) if any(reaches(post, child) for post in posts)]


def seen_of(arrival: GuardianArrival, user: User) -> str:
    """The arrival as this person's page shows it, in a few characters."""
    who = arrival.guardian
    names = [
        who.family_name,
        who.given_name,
        *sorted(str(c.pk) for c in children_shown(arrival, user)),
    ]
    said = sorted(str(person) for person, _ in _said(arrival))
    return sha256(repr((names, said, arrival.state)).encode()).hexdigest()[:16]


@transaction.atomic
def confirm(arrival: GuardianArrival, *, by: User, seen: str) -> GuardianArrival:
    """This member of staff knows the guardian to be who came; with enough words they are tied.

    ``seen`` is that of ``seen_of``. Raises CannotConfirm.
    """
    standing.hold_ties_of(arrival.guardian_id, arrival.user_id)
    arrival = _locked(arrival, by, seen)
    sheets, said = _sheets(arrival), _said(arrival)
    role = _roles(arrival, by, sheets, said)[0]
    ArrivalConfirmation.objects.create(
        municipality_id=arrival.municipality_id, arrival=arrival, confirmed_by=by,
        confirmed_role=role, confirmed_at=clock.now(),
    )  # fmt: skip
    _record(Action.ARRIVAL_CONFIRMED, arrival, by, role)
    if len(said) + 1 >= arrival.n_needed:
        tie_confirmed(arrival)
    return arrival


@transaction.atomic
def refuse(arrival: GuardianArrival, *, by: User, seen: str) -> GuardianArrival:
    """It was somebody else: the account stays tied to nobody. Raises CannotConfirm."""
    arrival = _locked(arrival, by, seen)
    role = _roles(arrival, by, _sheets(arrival), _said(arrival))[0]
    arrival.refused_by = by
    _end(arrival, ArrivalState.REFUSED, "refused_by")
    _record(Action.ARRIVAL_REFUSED, arrival, by, role)
    return arrival


def tie_confirmed(arrival: GuardianArrival) -> None:
    """Tie the account to the guardian, in the caller's transaction. Raises CannotConfirm."""
    guardian = Guardian.objects.select_for_update(no_key=True).get(pk=arrival.guardian_id)
    if not guardian.is_enabled or guardian.left_at is not None:
        raise CannotConfirm("この保護者は、名簿で止められているか、名簿にいません。")
    if guardian.user_id not in (None, arrival.user_id):
        raise CannotConfirm("この保護者には、もうほかのアカウントがあります。")
    children = Guardianship.objects.current().filter(guardian=guardian)
    if children.filter(student__in=kept_from(arrival.user)).exists():
        raise CannotConfirm(ASK_LEAD)
    guardian.user_id = arrival.user_id
    guardian.save(update_fields=["user"])
    _end(arrival, ArrivalState.CONFIRMED)


def lapse_unconfirmed() -> int:
    """End the arrivals that nobody confirmed in time; how many."""
    return _lapse(GuardianArrival.objects.overdue())


# -- inside ------------------------------------------------------------------------------------


def _locked(arrival, by, seen):
    """The arrival as it is now, locked after its guardian. Raises CannotConfirm."""
    Guardian.objects.select_for_update(no_key=True).get(pk=arrival.guardian_id)
    arrival = GuardianArrival.objects.select_for_update().get(pk=arrival.pk)
    if why := why_not(arrival, by):
        raise CannotConfirm(why)
    if seen_of(arrival, by) != seen:
        raise CannotConfirm(CHANGED)
    return arrival


def _end(arrival, state, *fields):
    arrival.state, arrival.ended_at = state, clock.now()
    arrival.save(update_fields=["state", "ended_at", *fields])


def _lapse(overdue):
    return overdue.update(state=ArrivalState.LAPSED, ended_at=clock.now())


def _school_of(letter):
    if letter.student is not None:
        return letter.student.school
    if letter.school_class is not None:
        return letter.school_class.school
    ties = Guardianship.objects.current().filter(guardian=letter.guardian_id).order_by("pk")
    first = ties.select_related("student__school").first()
    return first.student.school if first else None


def _note_children(found):
    """Find the children of many arrivals at once."""
    ties = Guardianship.objects.current().filter(
        guardian__in=[arrival.guardian_id for arrival in found], student__left_at=None
    )
    of_guardian = {}
    for tie in ties.select_related("student__home_class", "student__school").order_by("pk"):
        of_guardian.setdefault(tie.guardian_id, []).append(tie.student)
    for arrival in found:
        arrival.known_children = of_guardian.get(arrival.guardian_id, [])


def _children(arrival):
    """The enrolled children of who came, as far as nobody is kept out from them."""
    if not hasattr(arrival, "known_children"):
        _note_children([arrival])
    return arrival.known_children


def _sheets(arrival):
    """[(who printed the letter, in which role)]."""
    printings = arrival.invitation.printings.all()
    return [(each.sheet.printed_by_id, each.sheet.printed_role) for each in printings]


def _said(arrival):
    """[(who has confirmed it, in which role)]."""
    return [(each.confirmed_by_id, each.confirmed_role) for each in arrival.confirmations.all()]


def _roles(arrival, user, sheets, said):
    """The roles in which this person may decide: of a post that reaches a child, not used yet."""
    used = {role for _, role in [*sheets, *said]}
    issuer = arrival.invitation.issued_by
    if issuer is not None and issuer.pk not in {person for person, _ in sheets}:
        used |= {role_of(issuer, child) for child in _children(arrival)}
    return sorted(
        {
            post.role
            for post in posts_with(user, VERB)
            if post.role not in used and any(reaches(post, child) for child in _children(arrival))
        }
    )


def _record(action, arrival, by, role):
    for child in children_shown(arrival, by):
        record(
            action, actor=by, role=role, subject_id=child.pk, thing=arrival,
            municipality_id=arrival.municipality_id, fields=["state"],
            audience=Audience.PROTECTIVE,
        )  # fmt: skip
