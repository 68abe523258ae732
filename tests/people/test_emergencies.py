"""Emergency access: possible, marked, reported to the lead, reviewed by somebody else."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action, AuditEvent
from apps.consent.models import Purpose
from apps.disclosure.services import access_log
from apps.disclosure.words import staff_reason_words
from apps.mail.models import OutgoingMail
from apps.people.models import EmergencyAccess, Role, User
from apps.people.permissions import may, may_open, visible_students
from apps.people.services.emergencies import (
    CannotOpenInEmergency,
    begin_emergency,
    review_emergency,
)
from apps.vault.services.sealed_content import OpeningReason, open_sealed
from tests import factories
from tests.page_text import text_of
from tests.vault.sealing_helpers import write

WHY = "担任が不在で、生徒のけがの連絡があったため"


@pytest.fixture
def linked(cast):
    """ren's attendance is linked; sakura's homeroom teacher has no post for his class."""
    factories.make_effective(cast.ren, Purpose.ATTENDANCE)
    cast.row = write(cast.ren, Purpose.ATTENDANCE, {"code": "LATE"})
    return cast


def again(user):
    """The same person in their next request."""
    return User.objects.get(pk=user.pk)


def begin(cast, user=None):
    return begin_emergency(again(user or cast.homeroom.user), cast.ren, why=WHY)


def page(name, *args):
    return reverse(f"admin:people_emergencyaccess_{name}", args=args)


def test_before_it_nothing_opens_and_during_it_everything_needed_does(linked):
    teacher = again(linked.homeroom.user)
    with pytest.raises(PermissionDenied):
        open_sealed([linked.row], actor=teacher, reason=OpeningReason.MEETING)
    begin(linked)
    teacher = again(linked.homeroom.user)
    assert linked.ren in visible_students(teacher)
    assert open_sealed([linked.row], actor=teacher, reason=OpeningReason.MEETING) == [
        {"code": "LATE"}
    ]
    assert not may_open(teacher, linked.ren, "income")


def test_a_teacher_without_a_class_may_too(linked):
    teacher = factories.staff_post(Role.TEACHER, linked.school, name="理科の先生").user
    assert not may(again(teacher), "checkins.view")
    begin(linked, teacher)
    assert may(again(teacher), "checkins.view")
    assert may_open(again(teacher), linked.ren, "attendance")


def test_after_an_hour_it_is_over(linked):
    begin(linked)
    with time_machine.travel(timezone.now() + timedelta(minutes=61), tick=False):
        teacher = again(linked.homeroom.user)
        assert linked.ren not in visible_students(teacher)
        assert not may_open(teacher, linked.ren, "attendance")


def test_the_look_is_marked_in_the_complete_record_and_no_family_page_shows_it(linked, sign_in):
    looked = reverse("disclosure:access_log", args=[linked.ren.pk])
    family = [sign_in(user) for user in (linked.other_guardian.user, linked.ren.user)]
    before = [text_of(each.get(looked).content.decode()) for each in family]
    begin(linked)
    open_sealed([linked.row], actor=again(linked.homeroom.user), reason=OpeningReason.MEETING)
    event = AuditEvent.objects.get(action=Action.SEALED_OPENED)
    assert (event.reason_code, event.is_emergency) == ("meeting", True)
    assert access_log.complete_entries(linked.ren).filter(pk=event.pk).exists()
    assert staff_reason_words(event).startswith("緊急")
    assert [text_of(each.get(looked).content.decode()) for each in family] == before


def test_a_look_within_ones_own_class_is_not_marked(linked):
    factories.make_effective(linked.sakura, Purpose.ATTENDANCE)
    begin(linked)
    row = write(linked.sakura, Purpose.ATTENDANCE, {"code": "LATE"})
    open_sealed([row], actor=again(linked.homeroom.user), reason=OpeningReason.MEETING)
    event = AuditEvent.objects.get(action=Action.SEALED_OPENED)
    assert (event.reason_code, event.is_emergency) == ("meeting", False)


@pytest.mark.parametrize("who", ["nurse", "principal"])
def test_who_may_see_the_student_anyway_needs_no_emergency(linked, who):
    with pytest.raises(CannotOpenInEmergency, match="担当のまま"):
        begin(linked, getattr(linked, who).user)


@pytest.mark.parametrize("who", ["away_nurse", "officer", "helpdesk"])
def test_nobody_from_elsewhere_may(linked, who):
    with pytest.raises(CannotOpenInEmergency, match="自分の学校"):
        begin(linked, getattr(linked, who).user)
    assert not EmergencyAccess.objects.exists()


@pytest.mark.parametrize("why", ["", "   ", "急", "x" * 201])
def test_without_a_sentence_it_does_not_open(linked, why):
    with pytest.raises(CannotOpenInEmergency, match="なぜ緊急か"):
        begin_emergency(again(linked.homeroom.user), linked.ren, why=why)


def test_opening_twice_is_opening_once(linked):
    assert begin(linked) == begin(linked)


def test_the_lead_gets_a_mail_without_content(linked):
    access = begin(linked)
    (letter,) = mail.outbox
    assert letter.to == [linked.principal.user.email]
    for secret in (linked.ren.given_name, WHY, str(linked.ren.pk)):
        assert secret not in letter.body + letter.subject
    assert str(access.pk) in letter.body


def test_the_mail_waits_for_a_worker_and_holds_up_no_help(linked, settings):
    settings.EMAIL_BACKEND = "apps.mail.backend.QueueBackend"
    assert begin(linked).pk
    assert OutgoingMail.objects.get().kind == "emergency"
    assert mail.outbox == []


def test_the_lead_sees_it_first_and_reviews_it(linked, sign_in):
    access = begin(linked)
    lead = sign_in(linked.principal.user)
    assert "緊急の閲覧(確かめていない)" in lead.get(reverse("admin:index")).content.decode()
    assert "確かめる" in lead.get(page("change", access.pk)).content.decode()
    done = lead.post(page("review", access.pk), {"verdict": "justified", "note": ""}, follow=True)
    assert "確かめたことを記録しました" in done.content.decode()
    access.refresh_from_db()
    assert (access.reviewed_by, access.verdict) == (linked.principal.user, "justified")
    assert "緊急の閲覧(確かめていない)" not in lead.get(reverse("admin:index")).content.decode()
    actions = list(AuditEvent.objects.about(linked.ren.pk).values_list("action", flat=True))
    assert {"emergency.begun", "emergency.reviewed"} <= set(actions)


def test_nobody_reviews_their_own(linked):
    access = begin(linked)
    with pytest.raises(CannotOpenInEmergency, match="ほかの人"):
        review_emergency(access, by=linked.homeroom.user, verdict="justified", note="")
    with pytest.raises(IntegrityError), transaction.atomic():
        EmergencyAccess.objects.update(
            reviewed_by=linked.homeroom.user, reviewed_at=timezone.now(), verdict="justified"
        )


@pytest.mark.parametrize(
    ("verdict", "note", "sentence"),
    [("", "", "選んでください"), ("fine", "", "選んで"), ("not_justified", " ", "わかったこと")],
)
def test_a_review_needs_a_verdict_and_a_no_needs_words(linked, verdict, note, sentence):
    access = begin(linked)
    with pytest.raises(CannotOpenInEmergency, match=sentence):
        review_emergency(access, by=linked.principal.user, verdict=verdict, note=note)


def test_a_second_review_is_refused(linked):
    access = begin(linked)
    review_emergency(access, by=linked.principal.user, verdict="justified", note="")
    with pytest.raises(CannotOpenInEmergency, match="もう確かめた"):
        review_emergency(access, by=linked.principal.user, verdict="not_justified", note="x")


def test_what_was_opened_cannot_be_rewritten(linked):
    begin(linked)
    with pytest.raises(DatabaseError), transaction.atomic():
        EmergencyAccess.objects.update(why="ほか")
    with pytest.raises(DatabaseError), transaction.atomic():
        EmergencyAccess.objects.all().delete()


def test_the_page_takes_class_and_number_and_shows_no_names(linked, sign_in):
    teacher = sign_in(linked.homeroom.user)
    assert linked.ren.given_name not in teacher.get(page("begin")).content.decode()
    bad = teacher.post(page("begin"), {"school_class": linked.class_2.pk, "number": 99, "why": WHY})
    assert bad.status_code == 422
    assert "この出席番号の生徒はいません" in bad.content.decode()
    done = teacher.post(
        page("begin"), {"school_class": linked.class_2.pk, "number": 1, "why": WHY}, follow=True
    )
    assert "60分で閉じます" in done.content.decode()
    assert EmergencyAccess.objects.get().student == linked.ren


@pytest.mark.parametrize("who", ["officer", "helpdesk"])
def test_the_city_cannot_begin_an_emergency(linked, sign_in, who):
    staff = sign_in(getattr(linked, who).user)
    assert staff.get(page("begin")).status_code == 403
    assert staff.get(page("changelist")).status_code == 403


def test_other_schools_and_colleagues_do_not_read_of_it(linked, sign_in):
    access = begin(linked)
    for staff in (linked.away_nurse, linked.nurse):
        client = sign_in(staff.user)
        assert client.get(page("changelist")).context["cl"].result_count == 0
        assert client.post(page("review", access.pk), {"verdict": "justified"}).status_code == 404
    own = sign_in(linked.homeroom.user)
    assert own.get(page("changelist")).context["cl"].result_count == 1
    assert own.post(page("review", access.pk), {"verdict": "justified"}).status_code == 403
