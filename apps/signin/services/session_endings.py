"""Staff end the sign-ins of others: one person's at once, a place's by two people."""

from django.db import transaction
from django.db.models import Q

from apps.audit.models import Action, SecurityKind
from apps.audit.services.audit_events import record
from apps.core import clock
from apps.core.time_zone import midnight
from apps.people.act_rules import ActEffects
from apps.people.languages import speaking_to
from apps.people.models import Guardian, Municipality, Role, School, StaffPost, Student, User
from apps.people.permissions import may, role_of, rows_where, students_where
from apps.people.services import act_processing, pending_acts
from apps.people.services.person_accounts import (
    accounts_of_other_guardians,
    accounts_of_person,
)
from apps.people.services.security_events import note_security_event
from apps.push.services.broadcasts import owners_of_devices
from apps.signin import account_mail, words
from apps.signin.models import EndingReason, SessionEnding
from apps.signin.services import school_accounts, sessions

VERB, STUDENT_VERB, END_ALL = "sessions.end", "sessions.end_student", "sessions.end"
MAX_PER_DAY = 10  # how many people's sign-ins one member of staff may end alone in a day
TOO_MANY = (
    f"一人で終わらせられるのは、1日{MAX_PER_DAY}回までです。急ぐときは、市の担当かヘルプデスクに"
    "たのんでください。"
)
ENDS_TOO = "通知の登録(入りなおした端末では、また届きます)"


class CannotEnd(Exception):
    """The sign-ins are not ended; the message is for the member of staff."""


def students_endable_by(user):
    """The students whose sign-ins this member of staff may end; none of their own family."""
    return Student.objects.filter(students_where(user, STUDENT_VERB), user__isnull=False)


def guardians_endable_by(user):
    """The guardians whose sign-ins they may end: of children whom a post with the verb reaches.

    Never a present or former guardian of this person's children, nor this person.
    """
    own_students = Student.objects.filter(students_where(user, VERB))
    found = Guardian.objects.filter(user__isnull=False, guardianships__student__in=own_students)
    return found.exclude(user__in=_own_and_family(user)).distinct()


def posts_endable_by(user):
    """The staff posts whose accounts they may sign out; never their own or their family's."""
    return (
        StaffPost.objects.current()
        .filter(rows_where(user, VERB), user__isnull=False)
        .exclude(user__in=_own_and_family(user))
    )


def _own_and_family(user):
    return accounts_of_person(user) | accounts_of_other_guardians(user)


def person_endable_by(user, account_id):
    """The Student, Guardian or StaffPost of this account, or None where it is out of reach."""
    for people in (students_endable_by, guardians_endable_by, posts_endable_by):
        if found := people(user).filter(user=account_id).select_related("user").first():
            return found
    return None


@transaction.atomic
def end_sessions_of(person, *, by: User, reason: EndingReason, ends_links: bool = False) -> None:
    """End every sign-in of this person on all devices, and their push subscriptions.

    With ``ends_links`` a student's links with the school's account end too.
    Audited; the person is mailed where there is an address, and told at the next sign-in. Raises
    CannotEnd after ten in one day.
    """
    _check_daily_limit(by)
    account = User.objects.select_for_update(no_key=True).get(pk=person.user_id)
    is_student = isinstance(person, Student)
    role = role_of(by, person if is_student else None, STUDENT_VERB if is_student else VERB)
    if is_student and ends_links:
        school_accounts.delete_links_of(person, by=by)
    _end_all(User.objects.filter(pk=account.pk))
    SessionEnding.objects.create(
        user=account, ended_at=clock.now(), ended_by=by, by_role=role,
        reason=EndingReason(reason),
    )  # fmt: skip
    note_security_event(SecurityKind.SESSIONS_ENDED, user=by, target_id=account.pk, detail=reason)
    record(
        Action.SESSIONS_ENDED,
        actor=by,
        role=role,
        municipality_id=person.municipality_id,
        subject_id=None if isinstance(person, StaffPost) else person.pk,
        thing=account,
        fields=["session_epoch"],
    )
    if not is_student:
        with speaking_to(account):
            account_mail.mail_user(account, "sessions_ended", *words.session_ended_mail(role))


def _check_daily_limit(by):
    """Count today's endings by any account of this person, one at a time."""
    accounts = User.objects.filter(pk__in=accounts_of_person(by)).order_by("pk")
    list(accounts.select_for_update(no_key=True).values_list("pk"))
    today = SessionEnding.objects.filter(
        ended_by__in=accounts_of_person(by), ended_at__gte=midnight(clock.today())
    )
    if today.exclude(reason=EndingReason.FOR_MANY).count() >= MAX_PER_DAY:
        raise CannotEnd(TOO_MANY)


def _end_all(users):
    """End sign-ins and push subscriptions; returns the ids of the accounts that had any."""
    ids = list(users.values_list("pk", flat=True))
    had = set(sessions.live_sessions().filter(user__in=ids).values_list("user", flat=True))
    had |= owners_of_devices(ids)
    sessions.end_sessions_of_users(ids)
    return had


# -- a school or a municipality ----------------------------------------------------------------


def accounts_at(place: School | Municipality):
    """The accounts of a school or a municipality: students, guardians, staff."""
    name = "school" if isinstance(place, School) else "municipality"
    students = Student.objects.filter(**{name: place.pk})
    filters = {f"guardianships__student__{name}": place.pk}
    parts = (
        students,
        Guardian.objects.filter(**filters),
        StaffPost.objects.filter(**{name: place.pk}),
    )
    owners = Q()
    for people in parts:
        owners |= Q(pk__in=people.filter(user__isnull=False).values("user"))
    return User.objects.filter(owners)


def effects_of_ending(place: School | Municipality) -> ActEffects:
    """How many sign-ins of how many people would end."""
    live = sessions.live_sessions().filter(user__in=accounts_at(place).values("pk"))
    preview = {"sessions": live.count(), "people": live.values("user").distinct().count()}
    names = [("いっしょに終わるもの", [ENDS_TOO])]
    return ActEffects(END_ALL, preview, names, *_where(place))


def _where(place):
    is_school = isinstance(place, School)
    return (place.municipality_id, place.pk) if is_school else (place.pk, None)


@transaction.atomic
def propose_ending(place: School | Municipality, *, by: User, reason: str):
    """Ask a second person to end all sign-ins of a place; returns the PendingAct. Raises CannotAct."""
    if not may(by, VERB, place):
        raise pending_acts.CannotAct("この学校・自治体のサインインを終わらせる立場ではありません。")
    return pending_acts.propose_effects(
        effects_of_ending(place), place, title=f"{place.name} 全員のサインイン", by=by, reason=reason,
        payload={"changes": {}},
    )  # fmt: skip


def apply_agreed_endings() -> None:
    """End what a second person agreed to."""
    act_processing.process_acts(END_ALL, carry_out=_carry_out)


def _carry_out(act):
    """End the sign-ins and record them, so that they are announced at the next sign-in."""
    model, pk = (School, act.school_id) if act.school_id else (Municipality, act.municipality_id)
    accounts = accounts_at(model.objects.get(pk=pk))
    role = act.proposed_role or Role.CITY
    had = _end_all(accounts)
    SessionEnding.objects.bulk_create(
        SessionEnding(
            user_id=user_id,
            ended_at=clock.now(),
            ended_by=act.proposed_by,
            by_role=role,
            reason=EndingReason.FOR_MANY,
        )  # fmt: skip
        for user_id in had
    )
    note_security_event(
        SecurityKind.SESSIONS_ENDED, user=act.proposed_by, target_id=pk, detail="for_many"
    )


# -- announcements -------------------------------------------------------------------------------


@transaction.atomic
def take_unannounced_endings(user: User) -> list[SessionEnding]:
    """What staff ended since this person last signed in; returned once."""
    untold = SessionEnding.objects.filter(user=user.pk, announced_at=None).select_for_update()
    found = list(untold.order_by("ended_at"))
    SessionEnding.objects.filter(pk__in=[one.pk for one in found]).update(announced_at=clock.now())
    return found


# -- search --------------------------------------------------------------------------------------

MAX_FOUND = 20


def is_student(person) -> bool:
    """Whether this is a Student, rather than a Guardian or a StaffPost."""
    return isinstance(person, Student)


def name_of(person) -> str:
    """The name of a Student, Guardian (noted as shown) or StaffPost."""
    return person.name if isinstance(person, StaffPost) else person.full_name


def search_people(user, words: str) -> list[dict]:
    """[{name, what, account}] of people within reach whose name matches."""
    parts = words.split()
    found = []
    for people, fields, what in (
        (students_endable_by, STUDENT_NAMES, _class_of),
        (guardians_endable_by, NAMES, lambda person: "保護者"),
        (posts_endable_by, ("name",), lambda post: post.get_role_display()),
    ):
        fits = Q()
        for part in parts:
            fits &= Q(*[(f"{name}__icontains", part) for name in fields], _connector=Q.OR)
        for person in people(user).filter(fits).order_by("pk")[: MAX_FOUND - len(found)]:
            found.append({"name": name_of(person), "what": what(person), "account": person.user_id})
    return found


NAMES = ("family_name", "given_name", "family_kana", "given_kana")
STUDENT_NAMES = (*NAMES, "local_code")


def _class_of(student):
    return f"生徒 {student.home_class or student.school}"
