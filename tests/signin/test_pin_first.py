"""Law: a session begun with the school's account reads and writes nothing before the PIN."""

import uuid

import pytest
from django.conf import settings
from django.test import Client, RequestFactory
from django.urls import Resolver404, resolve, reverse
from django.utils.module_loading import import_string

from apps.helpline.models import HelpRequest
from apps.signin import pin_first
from apps.signin.backends import CardBackend
from apps.signin.models import EndingReason, LoginCard, SessionEnding
from apps.signin.services import session_endings, sessions
from apps.signin.sign_in_methods import METHODS_BY_KIND, AccountKind, SignInMethod
from tests.architecture.addresses import every_address
from tests.page_text import text_of
from tests.signin.own_words_helpers import PIN, PROVE, REPLY, WORDS, signed_in

pytestmark = pytest.mark.django_db
BACKENDS = sorted(pin_first.BACKENDS_WITHOUT_PIN)
HOME = reverse("portal:home")


def without_pin(client, student, backend=BACKENDS[0]):
    student.user.refresh_from_db()
    client.force_login(student.user, backend=backend)
    return client


def test_every_way_in_but_the_card_asks_for_the_pin_first():
    methods = METHODS_BY_KIND[AccountKind.STUDENT].methods
    of_students = {
        path for path in settings.AUTHENTICATION_BACKENDS
        if issubclass(import_string(path), CardBackend)
    }  # fmt: skip
    assert of_students - {"apps.signin.backends.CardBackend"} == set(BACKENDS)
    assert {import_string(path).method for path in of_students} == methods
    assert SignInMethod.CARD in methods


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_page_that_needs_a_sign_in_opens_before_the_pin(cast, client, backend):
    browser = without_pin(client, cast.sakura, backend)
    middleware = pin_first.PinFirstMiddleware(lambda request: None)
    opened = set()
    for address, pattern in every_address():
        request = RequestFactory().get(address, headers={"Sec-Fetch-Mode": "navigate"})
        request.user, request.session = cast.sakura.user, browser.session
        try:
            request.resolver_match = resolve(address)
        except Resolver404:  # a pattern whose parameters cannot be made up
            continue
        view = pattern.callback
        if middleware.process_view(request, view, (), {}) is None:
            opened.add((request.resolver_match.view_name, getattr(view, "login_required", True)))
    needs_sign_in = {name for name, needs in opened if needs}
    assert needs_sign_in == pin_first.OPEN_BEFORE_PIN
    assert pin_first.GUARDED_PUBLIC & {name for name, _ in opened} == set()


@pytest.mark.parametrize("backend", BACKENDS)
def test_own_words_are_neither_read_nor_written_before_the_pin(wrote, client, backend):
    cast, asked = wrote, wrote.request
    cast.sakura.refresh_from_db()
    browser = without_pin(client, cast.sakura, backend)
    pages = [
        HOME, reverse("helpline:status"), reverse("helpline:one", args=[asked.pk]),
        reverse("helpline:ask"), reverse("checkins:today"), reverse("checkins:days"),
        reverse("consent:overview", args=[cast.sakura.pk]), reverse("notices:inbox"),
        reverse("disclosure:personal_data", args=[cast.sakura.pk]), reverse("signin:change_pin"),
        reverse("signin:own_school_account"),
    ]  # fmt: skip
    for page in pages:
        for answer in (browser.get(page), browser.post(page, {"words": "x", "pin": PIN})):
            assert (answer.status_code, answer.url) == (302, PROVE), page
    refused = browser.get(reverse("helpline:status"), headers={"Sec-Fetch-Mode": "cors"})
    assert refused.status_code == 403
    page = browser.get(PROVE).content.decode()
    assert WORDS not in page
    assert REPLY not in page
    # the way to ask stays open, without the PIN and marked so
    by_card = reverse("helpline:by_card")
    assert by_card in page
    form = browser.get(by_card)
    assert form.status_code == 200
    assert WORDS not in form.content.decode()
    form_key = uuid.uuid4()
    sent = browser.post(
        by_card, {"wanted": "nurse", "answer_way": "person", "form_key": str(form_key)}
    )
    assert (sent.status_code, sent.url) == (302, reverse("helpline:sent_by_card"))
    made = HelpRequest.objects.exclude(pk=asked.pk).get()
    assert (made.student_id, made.without_pin) == (cast.sakura.pk, True)
    # with the PIN the session is as one of the card
    assert browser.post(PROVE, {"pin": PIN}).status_code == 302
    assert REPLY in browser.get(reverse("helpline:one", args=[asked.pk])).content.decode()
    assert browser.get(by_card).url == reverse("signin:card_entry")
    assert browser.get(HOME).status_code == 200


def test_what_staff_ended_is_told_after_the_pin_alone(cast, wrote, client):
    wrote.sakura.refresh_from_db()
    session_endings.end_sessions_of(
        wrote.sakura, by=wrote.homeroom.user, reason=EndingReason.DEVICE_LOST
    )
    browser = without_pin(client, wrote.sakura)
    assert SessionEnding.objects.get().announced_at is None
    assert browser.post(PROVE, {"pin": PIN}).status_code == 302
    assert SessionEnding.objects.get().announced_at is not None
    assert "messages" in browser.get(HOME).text


@pytest.mark.parametrize("backend", BACKENDS)
def test_sign_ins_without_the_pin_end_none_that_began_with_the_card(cast, sign_in, backend):
    tablet = sign_in(cast.sakura.user)
    for _ in range(4):
        without_pin(Client(), cast.sakura, backend)
    assert tablet.get(HOME).status_code == 200
    assert len(sessions.sessions_of(cast.sakura.user)) == 4  # three of them at most


def test_guesses_before_the_pin_stop_no_card_and_are_told(wrote, client):
    wrote.sakura.refresh_from_db()
    browser = without_pin(client, wrote.sakura)
    answers = [browser.post(PROVE, {"pin": "1111"}) for _ in range(6)]
    assert {answer.status_code for answer in answers} == {422}
    assert "自分" in answers[5].text and answers[4].text != answers[5].text
    assert LoginCard.objects.last_ones().get(student=wrote.sakura).stopped_at is None
    card = signed_in(Client(), wrote.code, PIN)
    assert card.url == HOME
    assert browser.post(PROVE, {"pin": PIN}).url
    assert "まちがいが5回" in text_of(browser.get(HOME).text).replace(" ", "")


def test_who_has_no_pin_yet_is_led_to_the_card(cast, client):
    browser = without_pin(client, cast.sakura)
    page = browser.get(PROVE)
    assert reverse("signin:card_entry") in page.content.decode()
    assert 'name="pin"' not in page.content.decode()
    assert browser.post(PROVE, {"pin": PIN}).status_code == 422
    assert browser.get(HOME).url == PROVE
