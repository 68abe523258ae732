"""Sealed content is opened after a recent proof alone, and nothing typed is lost by it."""

import uuid
from datetime import datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.core.clock import JST
from apps.helpline.services import help_requests
from apps.people.models import StaffPost
from tests import factories
from tests.browser import Browser, form_on
from tests.one_time_codes import one_time_code
from tests.signin.account_helpers import prove_password, with_factor, with_password

pytestmark = pytest.mark.django_db
PROVE = reverse("mfa_reauthenticate")
TYPED = "あした の ひるやすみに <ほけんしつ> で 話そう"


@pytest.fixture
def time():
    with time_machine.travel(datetime(2026, 11, 24, 10, tzinfo=JST), tick=False) as clock:
        yield clock


@pytest.fixture
def page(cast, time):
    """The address of a help request that the nurse may open."""
    StaffPost.objects.update(begins_on=None)
    factories.duty_roster(cast)
    asked = help_requests.send_help_request(
        student=cast.sakura, wanted="nurse", words="だれにも いえない", form_key=uuid.uuid4()
    )
    return reverse("admin:helpline_open", args=[asked.pk])


@pytest.fixture
def nurse(cast, time):
    with_factor(with_password(cast.nurse.user))
    browser = Browser(enforce_csrf_checks=True)
    factories.force_sign_in(browser, cast.nurse.user)
    return browser


def n_opened():
    return AuditEvent.objects.filter(action=Action.SEALED_OPENED).count()


def prove(browser):
    """Type the number of the authenticator app; the response leads back."""
    token = form_on(browser.get(PROVE), having="csrfmiddlewaretoken")["csrfmiddlewaretoken"]
    return browser.post(PROVE, {"csrfmiddlewaretoken": token, "code": one_time_code()})


def with_reason(browser, page):
    """What the form that asks for a reason would post."""
    token = form_on(browser.get(page), having="csrfmiddlewaretoken")["csrfmiddlewaretoken"]
    return {"csrfmiddlewaretoken": token, "reason": "student_asked"}


def send(browser, page, form, to=None):
    return browser.post(to or page, form, headers={"Referer": f"http://testserver{page}"})


def test_a_reason_given_late_asks_for_the_proof_and_comes_back(nurse, page, time):
    form = with_reason(nurse, page)
    time.shift(timedelta(minutes=16))
    answer = send(nurse, page, form)
    assert answer.url == PROVE and n_opened() == 0
    assert "15分がすぎました" in nurse.get(PROVE).content.decode()
    assert send(nurse, page, form).url == PROVE  # asked again until it is proved
    back = prove(nurse)
    assert back.url == page
    shown = nurse.get(page)
    assert form_on(shown, having="reason")["reason"] == "student_asked"
    assert "いえない" not in shown.content.decode() and n_opened() == 0
    send(nurse, page, form_on(shown, having="reason"))
    assert "いえない" in nurse.get(page).content.decode()
    time.shift(timedelta(minutes=14))  # what was opened stays readable for its quarter of an hour
    assert "いえない" in nurse.get(page).content.decode()
    assert n_opened() == 2


def test_within_a_quarter_of_an_hour_nothing_is_asked(nurse, page, time):
    form = with_reason(nurse, page)
    time.shift(timedelta(minutes=14))
    assert send(nurse, page, form).url == page
    assert "いえない" in nurse.get(page).content.decode()


def test_a_reply_typed_for_long_is_kept_and_somebody_else_opens_nothing(cast, nurse, page, time):
    form = with_reason(nurse, page)
    send(nurse, page, form)
    reply = form_on(nurse.get(page), having="answer-words")
    reply |= {"answer-words": TYPED, "answer-form_key": "not a key"}
    time.shift(timedelta(minutes=20))
    answer = send(nurse, page, reply, to=page.replace("/open/", "/answer/"))
    assert answer.url == PROVE and n_opened() == 1
    prove(nurse)
    send(nurse, page, with_reason(nurse, page))
    shown = form_on(nurse.get(page), having="answer-words")
    assert shown["answer-words"].strip() == TYPED


def test_a_session_that_never_proved_anything_opens_nothing(nurse, page):
    session = nurse.session
    del session["proved_at"]
    session.save()
    form = with_reason(nurse, page)
    assert send(nurse, page, form).url == PROVE
    assert n_opened() == 0


def test_a_guardian_proves_it_before_the_childs_records_and_a_student_types_the_pin(cast, time):
    with_password(cast.midori.user)
    guardian = Browser()
    factories.force_sign_in(guardian, cast.midori.user)
    data, mine = (
        reverse(f"disclosure:{name}", args=[cast.sakura.pk])
        for name in ("personal_data", "corrections")
    )
    assert guardian.get(data).status_code == guardian.get(mine).status_code == 200
    time.shift(timedelta(minutes=16))
    file = reverse("disclosure:personal_data_file", args=[cast.sakura.pk])
    asks = reverse("account_reauthenticate")
    assert [guardian.get(page).url for page in (data, mine)] == [asks, asks]
    assert send(guardian, data, {}, to=file).url == asks
    assert "15分がすぎました" in guardian.get(asks).content.decode()
    assert prove_password(guardian).url == data
    assert guardian.get(data).status_code == guardian.get(mine).status_code == 200
    assert send(guardian, data, {}, to=file).status_code == 200
    stranger = Browser()
    factories.force_sign_in(stranger, cast.other_guardian.user)
    time.shift(timedelta(minutes=16))
    assert stranger.get(data).status_code == 404  # nothing is asked of whom it does not concern
