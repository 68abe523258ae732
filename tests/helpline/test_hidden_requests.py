"""A student hides what was sent from the own pages; it stays sent, and the PIN shows it again."""

import pytest
from django.urls import reverse

from apps.helpline.models import HelpRequest, HelpState
from apps.helpline.services import help_requests, replies
from tests.helpline.escalation_helpers import STATUS, send
from tests.helpline.test_routes import opened, safe, text, town  # noqa: F401

HIDDEN = reverse("helpline:hidden")
HOME = reverse("portal:home")


@pytest.fixture
def sent(on_duty, clock, sign_in):
    on_duty.request = send(on_duty, wanted="nurse", words="きいてほしい")
    on_duty.student = sign_in(on_duty.sakura.user)
    return on_duty


def hide(c, pk=None):
    return c.student.post(reverse("helpline:hide", args=[pk or c.request.pk]))


def test_a_hidden_request_is_on_no_page_of_the_student_and_still_waits_for_the_nurse(sent):
    assert f'href="{STATUS}"' in sent.student.get(HOME).content.decode()
    assert hide(sent).url == reverse("helpline:start")
    assert f'href="{STATUS}"' not in sent.student.get(HOME).content.decode()
    assert sent.student.get(STATUS).url == reverse("helpline:start")
    one = reverse("helpline:one", args=[sent.request.pk])
    assert sent.student.get(one).status_code == 404
    assert sent.request in replies.requests_waiting_for(sent.nurse.user)
    assert opened(sent.request, sent.nurse) == HelpState.SEEN


def test_a_hidden_request_is_shown_again(sent):
    hide(sent)
    assert str(sent.request.pk) in sent.student.get(HIDDEN).content.decode()
    answer = sent.student.post(HIDDEN, {"pk": sent.request.pk})
    assert answer.url == reverse("helpline:one", args=[sent.request.pk])
    assert sent.student.get(answer.url).status_code == 200
    assert str(sent.request.pk) not in sent.student.get(HIDDEN).content.decode()


@pytest.mark.parametrize("pk", ["", "x", "0a3c5b1e-5f0e-4c7e-9d55-2f6d3c1b8a90"])
def test_an_address_of_nothing_hidden_shows_nothing(sent, pk):
    hide(sent)
    assert sent.student.post(HIDDEN, {"pk": pk}).status_code in (302, 404)
    assert HelpRequest.objects.get().hidden_at is not None


def test_another_student_hides_and_sees_nothing_of_it(sent, sign_in):
    other = sign_in(sent.ren.user)
    assert other.post(reverse("helpline:hide", args=[sent.request.pk])).status_code == 404
    hide(sent)
    assert str(sent.request.pk) not in other.get(HIDDEN).content.decode()
    assert other.post(HIDDEN, {"pk": sent.request.pk}).status_code == 404


def test_what_is_taken_back_stays_with_those_outside_the_school(safe, clock, sign_in):  # noqa: F811
    help_request = send(safe, topic="adult")
    page = sign_in(safe.sakura.user).get(STATUS)
    assert "そのあとも見まもることがあります" in text(page)
    help_requests.cancel_help_request(help_request, by=safe.sakura.user)
    assert help_request in HelpRequest.objects.visible_to(safe.officer.user)
    assert opened(help_request, safe.officer) == HelpState.CANCELLED
