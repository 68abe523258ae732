"""Guardians and staff see where they are signed in, and end unknown sign-ins."""

import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import SecurityEvent, SecurityKind
from apps.core.user_agents import CODES, device_of, device_words
from apps.signin import session_lifetime, tasks
from apps.signin.models import UserSession
from apps.signin.services import cards, sessions
from tests import factories

pytestmark = pytest.mark.django_db
LIST, OTHERS = reverse("signin:sessions"), reverse("signin:end_others")
PAGE = reverse("push:settings")
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1"
)


@pytest.fixture
def enter(cast):
    """``enter(person)``: a browser that has just signed in with the password."""

    def sign_in(person, **headers):
        user = person.user
        if not user.has_usable_password():
            user.set_password(factories.PASSWORD)
            user.save()
            user.emailaddress_set.create(email=user.email, verified=True, primary=True)
        browser = Client(**headers)
        form = {"login": user.email, "password": factories.PASSWORD}
        assert browser.post("/accounts/login/", form).status_code == 302
        again = {"password": factories.PASSWORD}
        assert browser.post("/accounts/reauthenticate/", again).status_code == 302
        return browser

    return sign_in


def is_in(browser):
    return browser.get(PAGE).status_code == 200


def ending(user, browser):
    """The URL that ends another sign-in than this browser's."""
    own = browser.session[sessions.SESSION_ID_KEY][0]
    (other,) = [row for row, _ in sessions.sessions_of(user) if str(row.pk) != own]
    return reverse("signin:end_session", args=[other.pk])


def test_the_page_shows_device_method_and_time_and_nothing_finer(cast, enter):
    browser = enter(cast.midori, HTTP_USER_AGENT=IPHONE, REMOTE_ADDR="203.0.113.7")
    page = browser.get(LIST).content.decode()
    assert "iPhone(Safari)" in page and "パスワード" in page and "いま使っている端末" in page
    assert not [word for word in ("203.0.113", "19.1", "605.1") if word in page]
    row = UserSession.objects.get()
    assert row.device == "iphone.safari"


def test_ending_one_ends_that_one_alone(cast, enter):
    here, other_browser = enter(cast.midori), enter(cast.midori)
    here.post(ending(cast.midori.user, here))
    assert is_in(here) and not is_in(other_browser)
    assert SecurityEvent.objects.filter(kind=SecurityKind.SESSION_ENDED).count() == 1
    assert len(sessions.sessions_of(cast.midori.user)) == 1


def test_ending_the_others_leaves_this_one_under_a_new_id(cast, enter):
    here, other_browser, third = (enter(cast.midori) for _ in range(3))
    before = here.session.session_key
    here.post(OTHERS)
    assert is_in(here) and not is_in(other_browser) and not is_in(third)
    assert here.session.session_key != before
    ((row, _),) = sessions.sessions_of(cast.midori.user)
    assert row.session_key == here.session.session_key  # followed to its new id


def test_signing_in_again_in_the_same_session_is_the_same_sign_in(cast, client):
    for _ in range(2):
        factories.force_sign_in(client, cast.midori.user)
    assert is_in(client)
    row = UserSession.objects.get()
    assert client.session[sessions.SESSION_ID_KEY] == [str(row.pk), client.session.session_key]


def test_a_session_noted_for_another_account_becomes_who_signs_in_now(cast, client):
    factories.force_sign_in(client, cast.midori.user)
    UserSession.objects.update(user=cast.other_guardian.user, epoch=7, method="card")
    factories.force_sign_in(client, cast.midori.user)
    row = UserSession.objects.get()
    assert (row.user, row.epoch, row.method) == (
        cast.midori.user,
        cast.midori.user.session_epoch,
        "",
    )
    assert sessions.sessions_of(cast.other_guardian.user) == []


def test_nobody_ends_a_sign_in_of_somebody_else(cast, enter):
    others, own = enter(cast.other_guardian), enter(cast.midori)
    ((row, _),) = sessions.sessions_of(cast.other_guardian.user)
    own.post(reverse("signin:end_session", args=[row.pk]))
    assert is_in(others)


def test_it_asks_again_who_it_is_before_it_ends_anything(cast, enter, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    browser, other_browser = enter(cast.midori), enter(cast.midori)
    time_machine.shift(timedelta(minutes=6))
    for url in (OTHERS, ending(cast.midori.user, browser)):
        answer = browser.post(url)
        assert answer.status_code == 302 and "reauthenticate" in answer["Location"]
    assert is_in(other_browser)


def test_students_have_no_such_page(cast, sign_in):
    browser = sign_in(cast.sakura.user)
    assert browser.get(LIST).status_code == 404
    assert browser.post(OTHERS).status_code == 404


def test_anonymous_people_are_led_to_sign_in(client):
    assert client.get(LIST).status_code == 302
    assert client.get(OTHERS).status_code in (302, 405)


@pytest.mark.parametrize(
    ("who", "kind"), [("midori", "guardian"), ("nurse", "staff"), ("sakura", "student")]
)
def test_one_sign_in_too_many_ends_the_oldest(cast, sign_in, who, kind):
    user = getattr(cast, who).user
    most = session_lifetime.MAX_SESSIONS[kind]
    browsers = [sign_in(user) for _ in range(most + 1)]
    assert [is_in(browser) for browser in browsers] == [False, *[True] * most]


def test_signing_out_and_time_leave_nothing_behind(cast, sign_in, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    browser, idle = sign_in(cast.midori.user), sign_in(cast.midori.user)
    browser.post("/leave/")
    assert len(sessions.sessions_of(cast.midori.user)) == 1
    time_machine.shift(timedelta(hours=2))
    assert sessions.sessions_of(cast.midori.user) == []
    tasks.clear_sessions()
    assert not UserSession.objects.exists()
    assert not Session.objects.filter(session_key=idle.session.session_key).exists()


def test_a_new_card_leaves_no_sign_in_of_the_student(cast, sign_in):
    browser = sign_in(cast.sakura.user)
    cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    assert not is_in(browser)
    assert sessions.sessions_of(cast.sakura.user) == []


def test_following_the_key_asks_the_database_nothing_on_most_pages(
    cast, sign_in, django_assert_max_num_queries
):
    browser = sign_in(cast.midori.user)
    browser.get(PAGE)
    with django_assert_max_num_queries(30) as queries:
        browser.get(PAGE)
    assert not [q for q in queries.captured_queries if "usersession" in q["sql"]]


def test_how_long_is_left_is_told_and_is_no_activity(cast, sign_in, time_machine, client):
    time_machine.move_to(timezone.now(), tick=False)
    browser = sign_in(cast.midori.user)
    for _ in range(3):
        time_machine.shift(timedelta(minutes=19))
        state = browser.get(reverse("signin:session_left")).json()
    assert state["left"] == 3 * 60 and state["who"]
    time_machine.shift(timedelta(minutes=3))
    assert browser.get(reverse("signin:session_left")).json() == {"left": 0, "who": ""}
    assert client.get(reverse("signin:session_left")).json() == {"left": 0, "who": ""}


@pytest.mark.parametrize(("who", "is_watched"), [("midori", True), ("sakura", False)])
def test_a_page_of_guardians_knows_when_to_empty_itself(cast, sign_in, who, is_watched):
    page = sign_in(getattr(cast, who).user).get(PAGE).content.decode()
    assert ("js/session_expiry.js" in page) is is_watched


def test_a_staff_page_knows_it_too(cast, sign_in):
    page = sign_in(cast.nurse.user).get("/admin/").content.decode()
    assert 3590 < int(re.search(r'data-left="(\d+)"', page)[1]) <= 3600


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (IPHONE, "iPhone(Safari)"),
        ("Mozilla/5.0 (X11; CrOS x86_64) Chrome/140 Safari/537", "Chromebook(Chrome)"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140 Safari/537 Edg/140", "Windows(Edge)"),
        ("Mozilla/5.0 (Macintosh) Gecko Firefox/140", "Mac・iPad(Firefox)"),
        ("curl/8\n<script>", "端末"),
        ("", "端末"),
    ],
)
def test_a_device_is_named_coarsely_whatever_it_says(agent, words):
    assert device_of(agent) in CODES
    assert device_words(device_of(agent)) == words


def test_a_session_that_ends_while_a_page_is_made_is_told_as_such(cast, sign_in):
    """What was sent may be stored already: the page does not say that nothing was read."""
    desk = sign_in(cast.nurse.user)
    Session.objects.all().delete()  # its copy is still read
    answer = desk.post(reverse("staffing:choose_post"), {"post": str(cast.nurse.pk)})
    assert answer.status_code == 400
    assert "サインインが" in answer.content.decode()
    assert "かわって いません" not in answer.content.decode()
