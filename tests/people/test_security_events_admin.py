"""The list of security events: for city and privacy officer, their own municipality's."""

import pytest
from django.urls import reverse

from apps.audit.models import AuditEvent, SecurityEvent, SecurityKind
from apps.audit.services.security_events import record_security_event
from apps.core.limit_table import LIMITS
from apps.people.admin.security_events import OTHER_LABEL, detail_in_words
from apps.people.models import Role
from apps.people.services.security_events import note_security_event
from apps.signin.models import EndingReason
from tests import factories

LIST = reverse("admin:audit_securityevent_changelist")
pytestmark = pytest.mark.django_db


@pytest.fixture
def privacy(cast):
    return factories.staff_post(Role.PRIVACY, of=cast.city, name="個人情報の担当")


@pytest.fixture
def events(cast):
    """One of midori, one of somebody elsewhere, one of nobody; none of those who look."""
    note_security_event(SecurityKind.FACTOR_REMOVED, user=cast.midori.user)
    note_security_event(SecurityKind.PASSWORD_RESET, user=cast.away_nurse.user)
    record_security_event(SecurityKind.HOST_REFUSED, detail="signin:card")


def shown(browser, url=LIST):
    return browser.get(url).content.decode()


@pytest.mark.parametrize("who", ["officer", "privacy"])
def test_an_officer_sees_the_own_municipality_and_what_names_nobody(
    cast, privacy, sign_in, events, who
):
    page = shown(sign_in({"officer": cast.officer, "privacy": privacy}[who].user))
    assert "2段階目の認証を消した</td>" in page and cast.midori.full_name in page
    assert "名前のちがうサーバー" in page
    assert "パスワードを忘れて作りなおした</td>" not in page


@pytest.mark.parametrize("who", ["homeroom", "nurse", "principal", "helpdesk"])
def test_nobody_else_opens_it(cast, sign_in, who):
    assert sign_in(getattr(cast, who).user).get(LIST).status_code == 403


def test_it_is_searched_by_the_name_of_a_person_by_kind_and_by_network(cast, sign_in, events):
    browser = sign_in(cast.officer.user)
    for words, n in (
        (cast.midori.given_name, 1),
        ("だれでも ない", 0),
        (str(cast.midori.user.pk), 1),
    ):
        answer = browser.post(LIST, {"search_words": words}, follow=True)
        assert answer.context["cl"].result_count == n, words
    answer = browser.get(f"{LIST}?kind__exact={SecurityKind.HOST_REFUSED}")
    assert answer.context["cl"].result_count == 1


def test_whom_the_list_names_is_on_record(cast, sign_in, events):
    shown(sign_in(cast.officer.user))
    assert AuditEvent.objects.filter(action="names.shown", subject_id=cast.midori.pk).exists()


def test_more_events_cost_no_more_questions(cast, sign_in, django_assert_max_num_queries):
    browser = sign_in(cast.officer.user)
    guardians = [factories.guardian(cast.sakura, email=f"g{n}@example.com") for n in range(6)]
    for one in guardians:
        note_security_event(SecurityKind.MAIL_CHANGED, user=one.user)
    shown(browser)
    with django_assert_max_num_queries(40) as few:
        shown(browser)
    for one in guardians * 2:
        note_security_event(SecurityKind.MAIL_REMOVED, user=one.user)
    with django_assert_max_num_queries(len(few)):
        shown(browser)


def test_one_event_says_who_did_it_to_whom_and_cannot_be_changed(cast, sign_in):
    note_security_event(
        SecurityKind.ACCOUNT_LOCKED, user=cast.principal.user, target_id=cast.nurse.user.pk
    )
    event = SecurityEvent.objects.get(kind=SecurityKind.ACCOUNT_LOCKED)
    url = reverse("admin:audit_securityevent_change", args=[event.pk])
    browser = sign_in(cast.officer.user)
    page = shown(browser, url)
    assert cast.principal.name in page and cast.nurse.name in page
    assert browser.post(url, {"detail": "x"}).status_code == 403


def test_every_detail_that_can_be_noted_has_a_word():
    codes = {*LIMITS, *EndingReason, "password+totp", "card+again", "no_way_in", "others", "first"}
    for code in codes | {"admin:roster_upload", "account_email", "mfa_index", "signin:pin"}:
        assert OTHER_LABEL not in detail_in_words(code) and code not in detail_in_words(code), code


@pytest.mark.parametrize("code", ["new_thing", "x_2026_signin.done", "+", "x+password"])
def test_a_code_that_has_no_word_is_shown_neutrally(code):
    assert code not in detail_in_words(code)
    assert OTHER_LABEL in detail_in_words(code)


def test_no_detail_is_no_word():
    assert detail_in_words("") == ""
