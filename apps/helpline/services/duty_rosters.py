"""Duty rosters: reading, completeness, switching on and off, saving, approval."""

from hashlib import sha256

from django.db import transaction
from django.db.models import Q

from apps.core import clock
from apps.core.clock import today
from apps.helpline import duty_hours, escalation_rules, words
from apps.helpline.models import (
    AnswersAs,
    ApproverRole,
    DutyApproval,
    DutyHours,
    DutyRoster,
    HelpRequest,
    WantedRole,
)
from apps.helpline.services import readers
from apps.helpline.services.escalation_plan import SchoolDuty, replan_steps
from apps.helpline.services.transitions import (
    CannotChangeRequest,
    DutyCommitmentRefused,
)
from apps.people.models import Role, SchoolBreak, StaffPost
from apps.people.permission_tables import CARING_ROLES
from apps.people.services.account_uses import register_account_use
from apps.people.services.person_accounts import accounts_near_student, count_persons
from apps.people.services.recorded_changes import record_change
from apps.push.services.broadcasts import devices_of

CALLABLE_ROLES = {*CARING_ROLES, Role.TEACHER}
DUTY_CHANGED = "見ているあいだに、ほかの人が当番か言葉を変えました。いまの内容を読んでから、もう一度記録してください。"
SAME_PERSON = "はじめの人・つぎの人・さいごの人は、それぞれ別の人にしてください。"
CONTACT_LABELS = {"first": "はじめの人", "second": "つぎの人", "last": "さいごの人"}


# -- reading --------------------------------------------------------------------------------------


def active_roster(school):
    """The DutyRoster of a school if it is on and somebody would really be called, else None."""
    rosters = DutyRoster.objects.filter(school=school, is_on=True)
    roster = rosters.select_related("first", "second", "last", "approval").first()
    return roster if roster and is_commitment_kept(roster) else None


def roster_of(school):
    """The DutyRoster of a school, on or off, or None."""
    return DutyRoster.objects.filter(school=school).first()


def is_commitment_kept(roster):
    """Whether the last responder still works here and duty hours lie ahead."""
    if roster.last_id not in contacts_of(roster).able:
        return False
    try:
        availability_of(roster)
    except duty_hours.NoDutyHours:
        return False
    return True


def duty_week_of(roster):
    """The DutyWeek of a roster: its hours, and its school's breaks."""
    return duty_weeks_of([roster])[roster.school_id]


def duty_weeks_of(rosters):
    """{school: DutyWeek} of these rosters."""
    weeks = {roster.school_id: duty_hours.DutyWeek({}, []) for roster in rosters}
    hours = DutyHours.objects.filter(roster__in=[roster.pk for roster in rosters])
    for school, weekday, *span in hours.values_list(
        "roster__school", "weekday", "opens_at", "closes_at"
    ):
        weeks[school].hours[weekday] = tuple(span)
    breaks = SchoolBreak.objects.filter(school__in=list(weeks))
    for school, *span in breaks.values_list("school", "begins_on", "ends_on"):
        weeks[school].breaks.append(tuple(span))
    return weeks


def availability_of(roster, now=None):
    """The DutyAvailability of a roster at ``now``. Raises NoDutyHours."""
    return duty_hours.duty_availability(now or clock.now(), duty_week_of(roster))


def escalation_waits_of(row):
    """The EscalationWaits of a roster or of a drill."""
    return escalation_rules.EscalationWaits(row.second_after, row.last_after, row.all_after)


def contacts_of(roster, chosen=None, student=None, opened=frozenset()):
    """The DutyContacts of a roster; who has left the school is not callable.

    Nor, for a ``student``'s request, is a parent of that student or of a classmate.
    """
    posts = {post.user_id: post for post in callable_posts_at(roster.school_id)}
    near = accounts_near_student(student) if student else frozenset()
    return escalation_rules.DutyContacts(
        first=roster.first_id,
        second=roster.second_id,
        last=roster.last_id,
        chosen=chosen,
        able=frozenset(posts.keys() - near),
        opened=opened,
    )


def callable_posts_at(school_id):
    """The posts held today at a school by people with an account who may care for students."""
    return _callable_posts().filter(school=school_id).select_related("user")


def _callable_posts():
    return StaffPost.objects.current().filter(role__in=CALLABLE_ROLES, user__is_active=True)


@register_account_use
def _duties_of(user):
    """At which schools this person is the first, second or last contact."""
    places = Q(first=user) | Q(second=user) | Q(last=user) | Q(people__person=user)
    for roster in DutyRoster.objects.filter(places, is_on=True).select_related("school").distinct():
        yield f"{roster.school.name}の「話したい」の担当(止めると、この人には知らせません)"


def callable_people_at(school_id):
    """The ids of who can be called about a request at a school today."""
    return callable_people_by_school([school_id])[school_id]


def callable_people_by_school(school_ids):
    """{school: the ids of who can be called there today} of these schools."""
    found = {school_id: set() for school_id in school_ids}
    posts = _callable_posts().filter(school__in=school_ids)
    for school_id, user_id in posts.values_list("school_id", "user_id"):
        found[school_id].add(user_id)
    return found


def first_responder_role(roster):
    """The role (people.Role) of the first contact who can be called."""
    roles = {post.user_id: Role(post.role) for post in callable_posts_at(roster.school_id)}
    places = (roster.first_id, roster.second_id, roster.last_id)
    return next((roles[one] for one in places if one in roles), Role.TEACHER)


def listed_people(roster):
    """The people a student of this school may choose by name, who still work here."""
    here = [post.user_id for post in callable_posts_at(roster.school_id)]
    return list(roster.people.filter(is_listed=True, person__in=here))


def listed_people_by_school(school):
    """The same by school; empty where it has no roster."""
    roster = roster_of(school)
    return listed_people(roster) if roster else []


def chosen_person_id(roster, student, wanted, person=None):
    """The id of the person for the student's choice; None: anybody of the duty roster.

    The last responder where the school has nobody for that choice. Raises CannotChangeRequest for
    a person the school does not list.
    """
    if wanted == WantedRole.LISTED:
        found = {one.pk: one.person_id for one in listed_people(roster)}
        if person not in found:
            raise CannotChangeRequest(words.NOT_LISTED)
        return found[person]
    posts = readers.without_conflict(callable_posts_at(roster.school_id), student)
    if wanted == WantedRole.HOMEROOM:
        own = (p for p in posts if p.role == Role.HOMEROOM and p.school_class_id)
        ids = [p.user_id for p in own if p.school_class_id == student.home_class_id]
        return next(iter(ids), roster.last_id)
    return _standing_for(roster, wanted, posts)


def _standing_for(roster, wanted, posts):
    if wanted not in AnswersAs.values:
        return None
    here = {post.user_id for post in posts}
    named = roster.people.filter(answers_as=wanted, person__in=here).first()
    if named:
        return named.person_id
    if wanted == AnswersAs.OTHER:
        return None
    contacts = {roster.first_id, roster.second_id, roster.last_id}
    ids = [p.user_id for p in posts if p.role == wanted]
    ids.sort(key=lambda pk: (pk not in contacts, str(pk)))  # contacts of the roster first
    return next(iter(ids), roster.last_id)


# -- switching and saving -------------------------------------------------------------------------


def missing_requirements(roster):
    """Sentences saying why this roster cannot be switched on (an empty list: it can)."""
    return [*_people_missing(roster), *_hours_missing(roster), *_approval_missing(roster)]


def has_duplicate_person(account_ids) -> bool:
    """Whether two of these accounts (None: nobody) belong to one person."""
    given = [pk for pk in account_ids if pk is not None]
    return count_persons(given) < len(given)


def _people_missing(roster):
    if has_duplicate_person(getattr(roster, f"{name}_id") for name in CONTACT_LABELS):
        yield SAME_PERSON
    able = contacts_of(roster).able
    for field, label in CONTACT_LABELS.items():
        person = getattr(roster, field)
        if person is None:
            yield f"{label}を決めてください。"
        elif person.pk not in able:
            yield f"{label}は、いまこの学校の担当ではありません。別の人にしてください。"
        elif not _can_be_notified(person):
            yield f"{label}に知らせる方法がありません。メールアドレスか通知の端末を登録してください。"


def _can_be_notified(person):
    return bool(person.email or devices_of(person))


def _hours_missing(roster):
    if not roster.hours.exists():
        yield "見る時間を、曜日ごとに決めてください。"
        return
    try:
        availability_of(roster)
    except duty_hours.NoDutyHours:
        yield "見る時間が、すべて休みの日に当たっています。"


def _approval_missing(roster):
    if roster.approval_id is None:
        yield "スクールカウンセラーか養護教諭の確認を記録してください。"
    elif roster.approval.wording != words.WORDS_VERSION and not roster.is_on:
        yield "生徒が読む文言が変わりました。もう一度、確認を記録してください。"


@transaction.atomic
def switch_on(roster, *, by):
    """Switch the roster on. Raises DutyCommitmentRefused with what is missing."""
    roster = _locked(roster)
    missing = missing_requirements(roster)
    if missing:
        raise DutyCommitmentRefused(missing)
    return _switched(roster, True, by)


@transaction.atomic
def switch_off(roster, *, by):
    """Take no new requests. Escalation of those already sent continues until somebody opens them."""
    return _switched(_locked(roster), False, by)


def _switched(roster, is_on, by):
    if roster.is_on != is_on:
        roster.is_on = is_on
        roster.save(update_fields=["is_on"])
        record_change(roster, by, ["is_on"])
    return roster


@transaction.atomic
def save_roster(roster, *, by, fields):
    """Save a checked roster, record which fields changed, and plan waiting steps anew.

    Raises DutyCommitmentRefused where a roster that is on would lose a contact.
    """
    if roster.is_on:
        gaps = [f"{label}を決めてください。" for f, label in CONTACT_LABELS.items()
                if getattr(roster, f"{f}_id") is None]  # fmt: skip
        if has_duplicate_person(getattr(roster, f"{name}_id") for name in CONTACT_LABELS):
            gaps.append(SAME_PERSON)
        if gaps:
            raise DutyCommitmentRefused(gaps)
    roster.municipality_id = roster.school.municipality_id
    roster.save()
    record_change(roster, by, fields)
    transaction.on_commit(lambda: replan_steps_of([roster]))
    return roster


def replan_all_steps():
    """Recompute the due time of every pending step from today's hours and breaks; how many.

    Otherwise steps would still wait for a break that was deleted.
    """
    waiting = HelpRequest.objects.waiting().order_by()
    schools = waiting.values_list("student__school", flat=True).distinct()
    return replan_steps_of(DutyRoster.objects.filter(school__in=list(schools)))


def replan_steps_of(rosters):
    """Recompute the due times of the pending steps of these rosters' schools; how many there are."""
    rosters = list(rosters)
    weeks = duty_weeks_of(rosters)
    return replan_steps(
        {
            roster.school_id: SchoolDuty(weeks[roster.school_id], escalation_waits_of(roster))
            for roster in rosters
        }
    )


@transaction.atomic
def record_approval(roster, *, by, name, role, approved_on, seen=None):
    """Record that a named counsellor or nurse approved the present sentences and order.

    ``seen`` is ``duty_digest`` as on their page. Raises DutyCommitmentRefused for no name, another
    role, a future day, or where the roster or the sentences changed meanwhile.
    """
    roster, name = _locked(roster), (name or "").strip()
    if seen is not None and seen != duty_digest(roster):
        raise DutyCommitmentRefused([DUTY_CHANGED])
    if not name or role not in ApproverRole.values:
        raise DutyCommitmentRefused(["確認した人の名前と立場を書いてください。"])
    if approved_on > today():
        raise DutyCommitmentRefused(["確認した日は、きょうまでの日にしてください。"])
    roster.approval = DutyApproval.objects.create(
        roster=roster, name=name, role=role, approved_on=approved_on,
        wording=words.WORDS_VERSION, recorded_by=by,
    )  # fmt: skip
    roster.save(update_fields=["approval"])
    record_change(roster, by, ["approval"])
    return roster.approval


def duty_digest(roster):
    """A digest of what is approved: the sentences, people, order and hours."""
    parts = [roster.first_id, roster.second_id, roster.last_id, escalation_waits_of(roster)]
    parts += sorted(map(str, roster.hours.values_list("weekday", "opens_at", "closes_at")))
    people = roster.people.values_list("person", "answers_as", "is_listed", "shown_name")
    parts += sorted(map(str, people))
    text = f"{words.WORDS_VERSION} {words.all_student_sentences(roster.second_after)} {parts}"
    return sha256(text.encode()).hexdigest()[:16]


def _locked(roster):
    return DutyRoster.objects.select_for_update(of=["self"]).get(pk=roster.pk)
