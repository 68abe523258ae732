"""Own words are read only after the PIN was typed in this session."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from apps.core import clock
from apps.helpline.services import help_requests
from apps.people.pin_reauthentication import SESSION_KEY
from apps.signin.models import LoginCard
from apps.signin.services import cards
from tests.signin.own_words_helpers import PIN, PROVE, REPLY, WORDS, own_pages, signed_in


def test_reading_asks_for_the_pin_however_the_session_began(wrote, client, sign_in):
    signed_in(client, wrote.code, PIN)  # typed a moment ago: to sign in, not to read
    for browser in (client, sign_in(wrote.sakura.user, proved=False)):
        for address, how in own_pages(wrote):
            answer = getattr(browser, how)(address)
            body = answer.content.decode()
            assert WORDS not in body, address
            assert REPLY not in body, address
            target = answer.url if answer.status_code == 302 else body
            assert PROVE in target, address


def test_the_right_pin_leads_back_and_opens_for_ten_minutes(wrote, sign_in):
    client = sign_in(wrote.sakura.user, proved=False)
    status = reverse("helpline:status")
    answer = client.post(PROVE, {"pin": PIN, "next": status})
    assert (answer.status_code, answer.url) == (302, status)
    assert REPLY in client.get(status).content.decode()
    with time_machine.travel(clock.now() + timedelta(minutes=9)):
        assert REPLY in client.get(status).content.decode()
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        assert REPLY not in client.get(status).content.decode()


def test_a_wrong_pin_is_counted_as_at_signing_in(wrote, sign_in):
    client = sign_in(wrote.sakura.user, proved=False)
    for _ in range(5):
        assert client.post(PROVE, {"pin": "0193", "next": "/"}).status_code == 422
    assert LoginCard.objects.valid().get().locked_until is not None
    assert client.post(PROVE, {"pin": PIN, "next": "/"}).status_code == 422
    with pytest.raises(cards.CannotSignIn):
        cards.sign_in_with_card(wrote.code, PIN)


@pytest.mark.parametrize("next_", ["https://evil.example/", "//evil.example", "", "javascript:1"])
def test_the_pin_page_leads_nowhere_else(wrote, sign_in, next_):
    client = sign_in(wrote.sakura.user, proved=False)
    assert client.post(PROVE, {"pin": PIN, "next": next_}).url == reverse("portal:home")


def test_a_proof_is_of_this_student_and_this_session_alone(wrote, sign_in):
    client = sign_in(wrote.sakura.user, proved=False)
    session = client.session
    session[SESSION_KEY] = {
        "student": str(wrote.ren.pk), "until": (clock.now() + timedelta(minutes=5)).isoformat(),
    }  # fmt: skip
    session.save()
    assert REPLY not in client.get(reverse("helpline:status")).content.decode()
    proved = sign_in(wrote.sakura.user)
    proved.post(reverse("signin:leave"))
    assert SESSION_KEY not in proved.session


def test_sending_never_asks_for_the_pin(wrote, sign_in):
    client = sign_in(wrote.sakura.user, proved=False)
    form = client.get(reverse("helpline:ask")).context["form_key"]
    sent = client.post(reverse("helpline:ask"), {"wanted": "nurse", "words": "", "form_key": form})
    page = client.get(sent.url)
    assert (sent.status_code, page.status_code) == (302, 200)
    assert client.get(reverse("checkins:today")).status_code == 200
    data = {"about": "roster", "words": "ちがう", "form_key": str(uuid.uuid4())}
    assert (
        client.post(reverse("disclosure:corrections", args=[wrote.sakura.pk]), data).status_code
        == 302
    )


def test_taking_a_request_back_asks_for_the_pin(wrote, sign_in):
    later = help_requests.send_help_request(
        student=wrote.sakura, wanted="nurse", words="", form_key=uuid.uuid4()
    )
    cancel = reverse("helpline:cancel", args=[later.pk])
    assert PROVE in sign_in(wrote.sakura.user, proved=False).post(cancel).url
    later.refresh_from_db()
    assert later.state == "sent"
    sign_in(wrote.sakura.user).post(cancel)
    later.refresh_from_db()
    assert later.state == "cancelled"


def test_pages_of_own_words_are_kept_by_no_cache(wrote, sign_in):
    client = sign_in(wrote.sakura.user)
    for address, how in own_pages(wrote):
        assert "no-store" in getattr(client, how)(address)["Cache-Control"], address


def test_guardians_are_asked_for_no_pin(wrote, sign_in):
    client = sign_in(wrote.midori.user)
    assert (
        client.get(reverse("disclosure:personal_data", args=[wrote.sakura.pk])).status_code == 200
    )
    assert client.get(PROVE).url == reverse("portal:home")


def test_an_empty_pin_on_the_card_is_no_proof(cast, sign_in):
    cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    answer = sign_in(cast.sakura.user, proved=False).post(PROVE, {"pin": "", "next": "/"})
    assert answer.status_code == 422
    assert not LoginCard.objects.exclude(pin_digest=None).exists()
