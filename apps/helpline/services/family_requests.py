"""A guardian's wish to talk: send, withdraw, read, note that contact was made; forgotten later.

It needs no consent. Who is kept out from the child, or not confirmed, can send nothing, and whom
staff must not speak to is in no list of theirs.
"""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.audit.models import Action, Audience
from apps.audit.services.audit_events import record_about
from apps.core import clock, sweeps
from apps.core.limits import allow
from apps.core.text import is_blank
from apps.helpline.models import (
    FamilyRecipient,
    FamilyRequest,
    FamilyState,
    FamilyTopic,
    ReachWay,
)
from apps.helpline.models.family_requests import CITY_READERS
from apps.helpline.services.calling_plans import CITY_CLOSES
from apps.people.models import Guardianship, StaffPost, Student, User
from apps.people.permissions import role_of
from apps.people.school_day_rules import is_school_weekday
from apps.people.services.person_accounts import accounts_near_student
from apps.people.services.school_calendar import LONGEST_BREAK, is_school_day
from apps.vault.services.keys import key_for_writing, make_key_without_store
from apps.vault.services.sealed_content import open_for_guardian, open_sealed

PURPOSE = "family"
WORDS_LIMIT, CONTACT_LIMIT, HOURS_LIMIT = 500, 100, 60
MAX_WAITING = 3  # unopened ones of one guardian about one child
OPEN_SHOWN = 20
FOLLOWED = timedelta(days=14)
KEPT = timedelta(days=365)
KEPT_AFTER_WITHDRAWAL = timedelta(days=30)
TOO_MANY = gettext_lazy(
    "もう3つ届いています。見るまで、お待ちください。急ぐときは、学校か市に電話してください。"
)
TOO_OFTEN = gettext_lazy("続けてたくさん送られています。時間をおいて、もう一度送ってください。")
NOBODY_READS = gettext_lazy("いまは、その人がいません。ほかの人を選んでください。")
NEEDS_CONTACT = gettext_lazy("電話番号かメールアドレスを書いてください。")
PAGE_TOO_OLD = gettext_lazy("ページが古くなっています。もう一度送ってください。")
TOO_LATE = gettext_lazy("もう連絡が始まっているので、取り下げられません。")


class CannotAskSchool(Exception):
    """It is not sent, or not withdrawn; the message is a sentence for the guardian."""


class CannotAnswer(Exception):
    """It is not open to this any more; the message is a sentence for staff."""


# -- the guardian ---------------------------------------------------------------------------------


@transaction.atomic
def send_family_request(
    student: Student, *, actor: User, recipient: str, way: str, contact: str = "", hours: str = "",
    topic: str = "", words: str = "", form_key: UUID,
) -> FamilyRequest:  # fmt: skip
    """Store a guardian's wish to talk; the same form twice is one.

    Raises PermissionDenied for anybody who is no guardian of today, CannotAskSchool where nobody reads
    it, without a way to be reached, or where too many wait; ValueError for another choice.
    """
    chosen = FamilyRecipient(recipient)
    content = {
        "topic": topic and FamilyTopic(topic).value,
        "way": ReachWay(way).value,
        "contact": _checked(contact, CONTACT_LIMIT),
        "hours": _checked(hours, HOURS_LIMIT),
        "words": _checked(words, WORDS_LIMIT),
    }
    if not _is_guardian(student, actor):
        raise PermissionDenied(_("この生徒の保護者ではありません。"))
    student = Student.objects.select_for_update(no_key=True).get(pk=student.pk)
    own = FamilyRequest.objects.filter(asked_by=actor)
    earlier = own.filter(form_key=form_key).first()
    if earlier is not None and earlier.student_id != student.pk:
        raise CannotAskSchool(str(PAGE_TOO_OLD))
    if earlier is not None:
        return earlier
    if content["way"] in (ReachWay.PHONE, ReachWay.MAIL) and not content["contact"]:
        raise CannotAskSchool(str(NEEDS_CONTACT))
    if chosen not in recipients_for(student):
        raise CannotAskSchool(str(NOBODY_READS))
    if own.filter(student=student, state=FamilyState.SENT).count() >= MAX_WAITING:
        raise CannotAskSchool(str(TOO_MANY))
    if not allow("family.request", str(actor.pk)):
        raise CannotAskSchool(str(TOO_OFTEN))
    row = FamilyRequest(
        municipality_id=student.municipality_id, asked_by=actor, recipient=chosen,
        form_key=form_key,
    )  # fmt: skip
    make_key_without_store(student, PURPOSE)
    key_for_writing(student.pk, PURPOSE).seal(row, content).save(force_insert=True)
    _record(Action.FAMILY_ASKED, row, actor, "guardian")
    return row


@transaction.atomic
def withdraw_family_request(row: FamilyRequest, *, actor: User) -> FamilyRequest:
    """Take it back; twice is once. Nobody reads it any more. Raises CannotAskSchool after contact."""
    row = _locked(row)
    if row.asked_by_id != actor.pk or not _is_guardian(row.student, actor):
        raise PermissionDenied(_("この生徒の保護者ではありません。"))
    if row.state == FamilyState.WITHDRAWN:
        return row
    if row.state == FamilyState.CONTACTED:
        raise CannotAskSchool(str(TOO_LATE))
    row.state, row.withdrawn_at = FamilyState.WITHDRAWN, clock.now()
    row.save()
    _record(Action.FAMILY_WITHDRAWN, row, actor, "guardian")
    return row


def own_family_requests(user: User, student: Student) -> QuerySet[FamilyRequest]:
    """What this account sent about this child, newest first."""
    rows = FamilyRequest.objects.filter(asked_by=user, student=student)
    return rows.order_by("-sent_at")


def open_own_family_requests(
    user: User, student: Student, limit: int | None = None
) -> list[tuple[FamilyRequest, Any]]:
    """[(FamilyRequest, content)] of the guardian's own, newest first; opening is audited."""
    rows = list(own_family_requests(user, student)[:limit])
    contents = open_for_guardian(rows, actor=user, student=student) if rows else []
    return list(zip(rows, contents, strict=True))


def recipients_for(student: Student) -> list[FamilyRecipient]:
    """Whom a guardian of this student may ask: roles in which somebody with an account reads it today.

    Not a parent of the student or of a classmate: they would never find it.
    """
    posts = StaffPost.objects.current().filter(municipality=student.municipality_id)
    held = posts.filter(Q(school=student.school_id) | Q(school=None), user__is_active=True)
    holders = defaultdict(set)
    for post in held:
        if post.school_id is not None or post.role in CITY_READERS:
            role = FamilyRecipient.CITY.value if post.school_id is None else post.role
            holders[role].add(post.user_id)
    near = accounts_near_student(student)
    return [one for one in FamilyRecipient if holders[one.value] - near]


def next_look_on(student: Student, recipient: str) -> date | None:
    """The first day on which the school (the city) is open, today until it closes.

    None in a long break.
    """
    now = clock.now().astimezone(clock.JST)
    day = now.date() + timedelta(days=int(now.time() >= CITY_CLOSES))
    last = day + LONGEST_BREAK
    while day <= last:
        is_open = (
            is_school_weekday(day)
            if recipient == FamilyRecipient.CITY
            else is_school_day(student.school_id, day)
        )
        if is_open:
            return day
        day += timedelta(days=1)
    return None


# -- staff ----------------------------------------------------------------------------------------


@transaction.atomic
def open_family_request(row: FamilyRequest, *, actor: User, reason: str) -> tuple[Any, Any]:
    """(the row, its content) for staff; the guardian sees that this role has read it."""
    row = _locked(row)
    (content,) = open_sealed([row], actor=actor, reason=reason)
    if row.state == FamilyState.SENT:
        row.state, row.seen_at, row.seen_by = FamilyState.SEEN, clock.now(), actor
        row.seen_role = role_of(actor, row.student, "family.answer")
        row.save()
        _record(Action.FAMILY_SEEN, row, actor, row.seen_role)
    return row, content


@transaction.atomic
def note_contact(row: FamilyRequest, *, actor: User) -> FamilyRequest:
    """Note that somebody spoke with the guardian; twice is once. Raises CannotAnswer."""
    row = _locked(row)
    if not FamilyRequest.objects.visible_to(actor).filter(pk=row.pk).exists():
        raise CannotAnswer(_("この相談は、いま開けません。"))
    if row.state == FamilyState.CONTACTED:
        return row
    if row.state != FamilyState.SEEN:
        raise CannotAnswer(_("先に、開いて読んでください。"))
    row.state, row.contacted_at = FamilyState.CONTACTED, clock.now()
    row.save()
    _record(Action.FAMILY_CONTACTED, row, actor, role_of(actor, row.student, "family.answer"))
    return row


def open_requests_for(user: User) -> list[FamilyRequest]:
    """What this person may read and nobody has answered, the longest waiting first."""
    rows = FamilyRequest.objects.open().visible_to(user)
    return list(rows.select_related("student__home_class")[:OPEN_SHOWN])


def requests_to_follow(user: User) -> list[FamilyRequest]:
    """Those, and those with contact in the last two weeks: of each a case may be made."""
    recent = FamilyRequest.objects.filter(contacted_at__gte=clock.now() - FOLLOWED)
    found = recent.visible_to(user).select_related("student__home_class").order_by("sent_at")
    return [*open_requests_for(user), *found[:OPEN_SHOWN]]


def guardian_name(row: FamilyRequest) -> str:
    """Who asked, as the roster or the letter names them."""
    guardianships = Guardianship.objects.current().filter(
        student=row.student_id, guardian__user=row.asked_by_id
    )
    first = guardianships.select_related("guardian").order_by("began_at").first()
    return first.guardian.full_name if first else ""


def forget_family_requests() -> int:
    """Delete what is a year old, and what was withdrawn a month ago; how many rows."""
    now = clock.now()
    rows = FamilyRequest.objects
    old = rows.filter(sent_at__lt=now - KEPT)
    withdrawn = rows.filter(withdrawn_at__lt=now - KEPT_AFTER_WITHDRAWAL)
    return sum(sweeps.delete_due(due).n for due in (old, withdrawn))


# -- helpers --------------------------------------------------------------------------------------


def _locked(row: FamilyRequest) -> FamilyRequest:
    rows = FamilyRequest.objects.select_for_update(of=["self"], no_key=True)
    return rows.select_related("student__home_class", "student__school").get(pk=row.pk)


def _is_guardian(student: Student, user: User) -> bool:
    return Guardianship.objects.current().filter(student=student, guardian__user=user).exists()


def _checked(text: str, limit: int) -> str:
    text = "" if is_blank(text or "") else text.replace("\r\n", "\n").strip()
    if len(text) > limit:
        raise CannotAskSchool(_("%(limit)s字までで書いてください。") % {"limit": limit})
    return text


def _record(action: Action, row: FamilyRequest, actor: User, role: str) -> None:
    """The family reads none of it, and the complete record given to a student leaves it out."""
    record_about(row, action, actor=actor, role=role, purpose=PURPOSE, audience=Audience.PROTECTIVE)
