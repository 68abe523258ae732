"""Emergency (break-glass) access: begin, inform the school lead, review."""

from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from apps.audit.models import Action
from apps.audit.services.audit_events import record_about
from apps.core import clock
from apps.core.email_addresses import mail_subject
from apps.core.text import is_blank
from apps.people.models import (
    EmergencyAccess,
    EmergencyVerdict,
    Guardianship,
    Role,
    StaffPost,
    User,
)
from apps.people.permissions import cares_for, may, role_of, students_where
from apps.people.services.person_accounts import (
    OWN_FAMILY_REFUSED,
    accounts_of_person,
    children_of_person,
    is_same_person,
)

EMERGENCY_LASTS = timedelta(minutes=60)
MIN_REASON_LENGTH = 5  # characters


class CannotOpenInEmergency(Exception):
    """Emergency access cannot begin or be reviewed; the message is shown to the user."""


@transaction.atomic
def begin_emergency(user, student, *, why):
    """Let this member of staff see the student for an hour; the school lead is mailed at once.

    Only at their own school and with a reason. Raises CannotOpenInEmergency.
    """
    why = " ".join(why.split())
    if not may(user, "emergency.begin", student.school):
        raise CannotOpenInEmergency("緊急に開けるのは、自分の学校の生徒だけです。")
    if student.pk in children_of_person(user):
        raise CannotOpenInEmergency(OWN_FAMILY_REFUSED)
    if cares_for(user, student):
        raise CannotOpenInEmergency(
            "いまの担当のまま見られる生徒です。緊急にする必要はありません。"
        )
    if is_blank(why) or not MIN_REASON_LENGTH <= len(why) <= 200:
        raise CannotOpenInEmergency("なぜ緊急かを、200字までの文で書いてください。")
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # makes a double click wait
    running = EmergencyAccess.objects.running().filter(user=user, student=student).first()
    if running:
        return running
    now = clock.now()
    access = EmergencyAccess.objects.create(
        municipality_id=student.municipality_id, student=student, user=user, why=why,
        begun_at=now, ends_at=now + EMERGENCY_LASTS,
    )  # fmt: skip
    _record(Action.EMERGENCY_BEGUN, access, by=user)
    _tell_lead(access)
    vars(user).pop("known_emergencies", None)
    return access


@transaction.atomic
def review_emergency(access, *, by, verdict, note):
    """Record the judgement of another school lead, whether it was justified.

    Raises CannotOpenInEmergency for the same person, a second review, or "no" without a note.
    """
    access = EmergencyAccess.objects.select_for_update().get(pk=access.pk)
    if is_same_person(by, access.user_id):
        raise CannotOpenInEmergency("開いた人のほかの人が確かめます。")
    if access.student_id in children_of_person(by):
        raise CannotOpenInEmergency(OWN_FAMILY_REFUSED)
    if not may(by, "emergency.review", access):
        raise CannotOpenInEmergency("緊急の閲覧を確かめる立場ではありません。")
    if access.reviewed_at:
        raise CannotOpenInEmergency("もう確かめた閲覧です。")
    if verdict not in EmergencyVerdict.values:
        raise CannotOpenInEmergency("妥当だったかどうかを選んでください。")
    if verdict == EmergencyVerdict.NOT_JUSTIFIED and is_blank(note):
        raise CannotOpenInEmergency("妥当でなかったときは、わかったことを書いてください。")
    access.reviewed_by, access.reviewed_at = by, clock.now()
    access.verdict, access.note = verdict, note.strip()[:300]
    access.save(update_fields=["reviewed_by", "reviewed_at", "verdict", "note"])
    _record(Action.EMERGENCY_REVIEWED, access, by=by)
    return access


def emergencies_visible_to(user):
    """The emergency accesses a member of staff may see: their own, and those they may review."""
    return EmergencyAccess.objects.filter(_own(user) | _reviewable(user))


def emergencies_to_review(user):
    """Those that wait for this person's review; never their own."""
    return EmergencyAccess.objects.unreviewed().filter(_reviewable(user)).exclude(_own(user))


def _own(user):
    return Q(user__in=accounts_of_person(user))


def _reviewable(user):
    """A Q for those of this person's students, but not of their own children."""
    return students_where(user, "emergency.review", "student__")


def _tell_lead(access):
    """Store a mail without content to the school's leads, for a worker to send."""
    posts = StaffPost.objects.current().filter(
        role=Role.PRINCIPAL, school=access.student.school_id, user__is_active=True
    )
    posts = posts.exclude(user__in=accounts_of_person(access.user)).exclude(
        user__in=_guardians_of(access.student_id)
    )
    people = {post.user.email for post in posts.select_related("user")} - {""}
    url = settings.PORTAL_URL + reverse("admin:people_emergencyaccess_change", args=[access.pk])
    for address in sorted(people):
        message = EmailMessage(
            mail_subject("緊急の閲覧がありました"),
            f"緊急の閲覧がありました。内容は、管理の画面で確かめてください。\n{url}\n",
            to=[address],
        )
        message.kind = "emergency"
        message.send()


def _guardians_of(student_id):
    """The accounts of present and former guardians: they are not mailed about their own child."""
    guardianships = Guardianship.objects.filter(student=student_id).exclude(guardian__user=None)
    return guardianships.values("guardian__user")


def _record(action, access, *, by):
    record_about(access, action, actor=by, role=role_of(by, access.student))
