"""The start page きょう lists what waits, without names; links lead to the page that asks why."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.helpline.models import EscalationStepState
from apps.helpline.services import help_requests
from tests import factories

TODAY = reverse("admin:index")


@pytest.fixture
def open_school(cast):
    return factories.duty_roster(cast)


def asks(student):
    return help_requests.send_help_request(student=student, wanted="nurse", form_key=uuid.uuid4())


def test_a_help_request_stands_on_the_page_without_a_name(cast, open_school, sign_in):
    help_request, desk = asks(cast.sakura), sign_in(cast.nurse.user)
    text = desk.get(TODAY).content.decode()
    url = reverse("admin:helpline_open", args=[help_request.pk])
    assert url in text
    assert cast.sakura.given_name not in text
    assert desk.get(url).status_code == 200


def test_who_was_called_last_stands_beside_it(cast, open_school, sign_in):
    step = asks(cast.sakura).steps.get()
    step.state, step.done_at = EscalationStepState.DONE, step.due_at
    step.save()
    text = sign_in(cast.nurse.user).get(TODAY).content.decode()
    assert f"<small>{step.get_kind_display()}に知らせました</small>" in text


def test_staff_elsewhere_do_not_see_it(cast, open_school, sign_in):
    asks(cast.sakura)
    for post in (cast.away_nurse, cast.officer):
        assert "の生徒" not in sign_in(post.user).get(TODAY).content.decode()


def test_more_waiting_costs_no_more_queries(cast, open_school, sign_in):
    desk = sign_in(cast.nurse.user)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            desk.get(TODAY)
        return len(captured)

    asks(cast.sakura)
    before = queries()
    asks(cast.ren)
    assert queries() == before
