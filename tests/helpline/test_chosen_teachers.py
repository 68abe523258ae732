"""A teacher whom a student chooses is called and answers."""

import uuid

import pytest
from django.urls import reverse

from apps.helpline.models import HelpRequest
from apps.helpline.services import escalation, replies, transitions
from apps.people.models import Role
from apps.vault.services.sealed_content import OpeningReason
from tests import factories
from tests.helpline.escalation_helpers import STATUS, called, send
from tests.ruby_readings import kanji_without_reading


@pytest.fixture
def teacher(on_duty):
    on_duty.teacher = factories.staff_post(Role.TEACHER, on_duty.school, name="山代")
    on_duty.teacher.begins_on = None
    on_duty.teacher.save()
    on_duty.listed = on_duty.duty.people.create(
        person=on_duty.teacher.user, answers_as="other", is_listed=True,
        shown_name="｜山代《やましろ》｜先生《せんせい》",
    )  # fmt: skip
    return on_duty


def test_a_listed_teacher_is_chosen_called_and_answers(teacher, clock, sign_in):
    student, desk = sign_in(teacher.sakura.user), sign_in(teacher.teacher.user)
    page = student.get(reverse("helpline:ask")).content.decode()
    assert f'value="person:{teacher.listed.pk}"' in page
    data = {"form_key": uuid.uuid4(), "wanted": f"person:{teacher.listed.pk}"}
    assert student.post(reverse("helpline:ask"), data).status_code == 302
    help_request = HelpRequest.objects.get()
    assert help_request.chosen == teacher.teacher.user
    escalation.escalate_due()
    assert called(help_request) == [("first", ["teacher"])]
    url = reverse("admin:helpline_open", args=[help_request.pk])
    assert "山代" in desk.post(url, {"reason": "student_asked"}, follow=True).content.decode()
    replies.send_reply(
        help_request, actor=teacher.teacher.user, words="きてね", form_key=uuid.uuid4()
    )
    page = student.get(STATUS).content.decode()
    assert "きてね" in page
    assert kanji_without_reading(page.replace("きてね", "")) == []


def test_a_homeroom_teacher_of_another_class_is_not_called_yours(teacher, clock, sign_in):
    listed = teacher.duty.people.create(
        person=teacher.homeroom.user, answers_as="other", is_listed=True, shown_name="みほん"
    )
    help_request = send(teacher, teacher.ren, wanted="listed", person=listed.pk)
    escalation.escalate_due()
    assert called(help_request) == [("first", ["teacher"])]


def test_what_a_teacher_reads_ends_with_the_request_and_was_never_more(teacher, clock):
    help_request = send(teacher, wanted="listed", person=teacher.listed.pk)
    other = send(teacher, teacher.ren)
    user = teacher.teacher.user
    assert list(replies.requests_waiting_for(user)) == [help_request]
    assert set(HelpRequest.objects.visible_to(user)) == {help_request}
    replies.close_request(help_request, actor=user, words="会って話した", form_key=uuid.uuid4())
    assert (
        not HelpRequest.objects.visible_to(user).filter(pk__in=[help_request.pk, other.pk]).exists()
    )


def test_a_second_request_to_somebody_else_stays_closed_to_the_teacher(teacher, clock):
    send(teacher, wanted="listed", person=teacher.listed.pk)
    second = send(teacher, wanted="nurse")
    user = teacher.teacher.user
    assert second not in HelpRequest.objects.visible_to(user)
    with pytest.raises(replies.PermissionDenied):
        replies.open_request(second, actor=user, reason=OpeningReason.STUDENT_ASKED)


def test_a_teacher_whom_the_school_does_not_list_cannot_be_chosen(teacher, clock, sign_in):
    teacher.duty.people.update(is_listed=False)
    page = sign_in(teacher.sakura.user).get(reverse("helpline:ask")).content.decode()
    assert "person:" not in page
    data = {"form_key": uuid.uuid4(), "wanted": f"person:{teacher.listed.pk}"}
    answer = sign_in(teacher.sakura.user).post(reverse("helpline:ask"), data)
    assert answer.status_code == 422
    with pytest.raises(transitions.CannotChangeRequest, match="えらべません"):
        send(teacher, wanted="listed", person=teacher.listed.pk)
    assert not HelpRequest.objects.exists()
