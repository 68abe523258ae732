"""Staff see who answered; the answers only with care of the student and a recorded reason."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.checkins.models import CheckIn
from apps.checkins.services.question_sets import current_question_set
from apps.checkins.services.submissions import submit
from apps.consent.models import Purpose
from apps.consent.services.decisions import withdraw

LIST = reverse("admin:checkins_checkin_changelist")
SETS = reverse("admin:checkins_questionset_changelist")


@pytest.fixture
def row(offered):
    check_in = submit(
        student=offered.sakura, question_set=current_question_set(), client_key=uuid.uuid4(),
        answers={"mood": 0, "words": "だれにも いえない"},
    )  # fmt: skip
    return CheckIn.objects.get(pk=check_in)


def open_url(row):
    return reverse("admin:checkins_open", args=[row.pk])


def opened():
    return AuditEvent.objects.filter(action=Action.SEALED_OPENED)


@pytest.mark.parametrize("who", ["homeroom", "nurse", "counsellor", "principal"])
def test_who_cares_for_the_student_may_open_and_leaves_a_record(offered, row, sign_in, who):
    post = getattr(offered, who)
    staff = sign_in(post.user)
    assert str(row.pk) in staff.get(LIST).content.decode()
    page = staff.post(open_url(row), {"reason": "sign"}, follow=True)
    assert "だれにも いえない" in page.content.decode()
    assert "とても つらい" in page.content.decode()
    (event,) = opened()
    assert (event.actor_id, event.actor_role) == (post.user_id, post.role)
    assert (event.subject_id, event.reason_code) == (offered.sakura.pk, "sign")


@pytest.mark.parametrize(
    ("who", "listed"), [("officer", 403), ("helpdesk", 403), ("away_nurse", 200)]
)
def test_others_find_nothing(offered, row, sign_in, who, listed):
    staff = sign_in(getattr(offered, who).user)
    page = staff.get(LIST)
    assert page.status_code == listed
    assert str(row.pk) not in page.content.decode()
    assert staff.post(open_url(row), {"reason": "sign"}, follow=True).status_code == 404
    assert not opened().exists()


def test_the_homeroom_teacher_of_another_class_finds_nothing(offered, row, sign_in):
    offered.homeroom.school_class = offered.class_2
    offered.homeroom.save()
    staff = sign_in(offered.homeroom.user)
    assert str(row.pk) not in staff.get(LIST).content.decode()
    assert staff.post(open_url(row), {"reason": "sign"}, follow=True).status_code == 404


@pytest.mark.parametrize("who", ["midori", "sakura"])
def test_families_do_not_enter_the_staff_pages(offered, row, sign_in, who):
    answer = sign_in(getattr(offered, who).user).post(
        open_url(row), {"reason": "sign"}, follow=True
    )
    assert answer.status_code in (302, 403)
    assert not opened().exists()


def test_nobody_comes_in_without_signing_in(client, row):
    assert client.get(open_url(row)).status_code == 302


@pytest.mark.parametrize("reason", ["", "curious"])
def test_without_a_reason_nothing_opens(offered, row, sign_in, reason):
    page = sign_in(offered.nurse.user).post(open_url(row), {"reason": reason}, follow=True)
    assert page.status_code == 422
    assert "だれにも いえない" not in page.content.decode()
    assert not opened().exists()


def test_asking_for_the_page_shows_no_content(offered, row, sign_in):
    staff = sign_in(offered.nurse.user)
    for url in (LIST, open_url(row)):
        assert "いえない" not in staff.get(url).content.decode()
    change = reverse("admin:checkins_checkin_change", args=[row.pk])
    assert staff.get(change).url == open_url(row)
    assert not opened().exists()


def test_after_withdrawal_the_row_is_gone_for_staff(offered, row, sign_in):
    withdraw(
        student=offered.sakura, actor=offered.sakura.user,
        purpose=Purpose.CHECKIN_REVIEW, form_key=uuid.uuid4(),
    )  # fmt: skip
    staff = sign_in(offered.nurse.user)
    assert str(row.pk) not in staff.get(LIST).content.decode()
    assert staff.post(open_url(row), {"reason": "sign"}, follow=True).status_code == 404


def test_the_list_asks_no_more_when_it_grows(offered, row, sign_in):
    staff = sign_in(offered.nurse.user)
    staff.get(LIST)
    with CaptureQueriesContext(connection) as few:
        staff.get(LIST)
    for _ in range(8):
        submit(
            student=offered.sakura, question_set=current_question_set(),
            client_key=uuid.uuid4(), answers={"mood": 2},
        )  # fmt: skip
    with CaptureQueriesContext(connection) as many:
        staff.get(LIST)
    assert len(many) == len(few)


def test_the_questions_can_be_read_but_not_changed(offered, sign_in):
    staff = sign_in(offered.nurse.user)
    questions = current_question_set()
    url = reverse("admin:checkins_questionset_change", args=[questions.pk])
    review_page = reverse("admin:checkins_questionset_review", args=[questions.pk])
    assert staff.get(SETS).status_code == 200
    assert "<ruby>" in staff.get(review_page).content.decode()
    for who in (offered.nurse, offered.officer):  # what ships for everybody nobody edits
        assert sign_in(who.user).post(url, {"title": "x"}).status_code == 403
