"""What concerns the safety of accounts leaves one row and one line, without names or content."""

import json
import logging
import math
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.dispatch import Signal
from django.test import Client, RequestFactory
from django.utils import timezone

from apps.audit.models import PersonKind, SecurityEvent, SecurityKind
from apps.audit.services import security_events
from apps.audit.services.security_events import delete_old_security_events, record_security_event
from apps.core import limits, log_formats, request_context, sessions
from apps.people.models import Role
from apps.people.services import security_events as security
from apps.signin import session_lifetime
from apps.signin.services import account_locks, cards
from kaga_portal import body_refusals
from tests import factories, file_workers
from tests.database_roles import as_owner

pytestmark = pytest.mark.django_db
LOGIN, PASSWORD = "/accounts/login/", factories.PASSWORD


def kinds():
    return list(SecurityEvent.objects.order_by("pk").values_list("kind", flat=True))


def only(kind):
    return SecurityEvent.objects.get(kind=kind)


@pytest.fixture
def midori(cast, with_password):
    return with_password(cast.midori.user)


@pytest.fixture
def browser():
    return Client(REMOTE_ADDR="203.0.113.77", HTTP_USER_AGENT="Tried/1.0")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("fe80::1%eth0", "fe80::/48"),
        ("not an address", ""),
        ("", ""),
    ],
)
def test_an_address_is_kept_as_a_network_only(address, network):
    assert log_formats.network_prefix(address) == network


def test_a_password_sign_in_says_who_of_which_kind_from_where_and_how(midori, browser, cast):
    browser.post(LOGIN, {"login": "midori@example.com", "password": PASSWORD})
    event = only(SecurityKind.SIGNED_IN)
    assert (event.user_id, event.person_kind) == (midori.pk, PersonKind.GUARDIAN)
    assert (event.network, event.detail) == ("203.0.113.0/24", "password")
    assert event.municipality_id == cast.city.pk


def test_a_wrong_password_names_the_account_and_not_what_was_typed(midori, browser, caplog):
    with caplog.at_level(logging.INFO):
        browser.post(LOGIN, {"login": "midori@example.com", "password": "himitsu-no-kotoba"})
    event = only(SecurityKind.SIGN_IN_FAILED)
    assert (event.user_id, event.detail) == (midori.pk, "password")
    assert "himitsu" not in caplog.text
    assert "midori" not in caplog.text


def test_a_sign_in_to_no_account_is_an_event_of_nobody(db, browser):
    browser.post(LOGIN, {"login": "nobody@example.com", "password": PASSWORD})
    event = only(SecurityKind.SIGN_IN_FAILED)
    assert (event.user_id, event.person_kind, event.municipality_id) == (None, "nobody", None)


def test_a_known_account_costs_no_more_questions_than_an_unknown_one(
    midori, django_assert_num_queries
):
    for user in (midori, None):
        with django_assert_num_queries(1):
            security.person_kind_and_municipality(user)


def test_a_right_and_a_wrong_one_time_code_are_events(cast, browser, with_password, one_time_code):
    user = with_password(cast.nurse.user)
    browser.post(LOGIN, {"login": user.email, "password": PASSWORD})
    browser.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert kinds() == [SecurityKind.FACTOR_FAILED]
    browser.post("/accounts/2fa/authenticate/", {"code": one_time_code()})
    event = only(SecurityKind.SIGNED_IN)
    assert (event.detail, event.person_kind) == ("password+totp", PersonKind.STAFF)


def test_signing_out_is_an_event(cast, sign_in):
    sign_in(cast.midori.user).post("/leave/")
    assert kinds()[-1] == SecurityKind.SIGNED_OUT


@pytest.mark.parametrize("is_cache_there", [True, False])
def test_a_sign_in_that_ended_by_time_is_another_event(cast, sign_in, monkeypatch, is_cache_there):
    """Read from the session's row or its copy: a test before may have found the cache away."""
    until = 0.0 if is_cache_there else math.inf
    monkeypatch.setattr(sessions._copy, "_away_until", until)
    browser = sign_in(cast.midori.user)
    session = browser.session
    session[session_lifetime.LIFETIME_KEY] = [timezone.now().timestamp() - 1] * 2
    session.save()
    browser.get("/")
    assert kinds()[-1] == SecurityKind.SESSION_EXPIRED


def test_cards_right_wrong_first_and_locked_are_events(cast, browser):
    [(_, code)] = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    pin = {"pin": "4826", "again": "4826"}
    browser.post("/card/", {"code": code})
    browser.post("/card/pin/", pin)
    assert kinds() == [SecurityKind.PIN_CHANGED, SecurityKind.SIGNED_IN]
    assert only(SecurityKind.SIGNED_IN).detail == "card"
    other = Client(REMOTE_ADDR="203.0.113.78")
    other.post("/card/", {"code": code})
    for _ in range(5):
        other.post("/card/pin/", {"pin": "9173"})
    failed = SecurityEvent.objects.filter(kind=SecurityKind.SIGN_IN_FAILED)
    assert set(failed.values_list("user_id", "detail")) == {(cast.sakura.user_id, "card")}
    assert SecurityKind.CARD_LOCKED in kinds()


def test_a_forbidden_page_is_an_event_by_its_name_and_not_its_address(cast, sign_in):
    browser = sign_in(cast.nurse.user)
    assert browser.get("/admin/linkage/datasource/").status_code == 403
    event = only(SecurityKind.ACCESS_REFUSED)
    assert event.user_id == cast.nurse.user.pk
    assert event.detail == "admin:linkage_datasource_changelist"


def test_a_row_out_of_reach_is_an_event(cast, sign_in):
    browser = sign_in(cast.nurse.user)
    assert browser.get(f"/consent/{cast.sakura.pk}/nothing/here/").status_code == 404
    assert SecurityKind.ACCESS_NOT_FOUND not in kinds()  # no such address: nobody's row
    browser = sign_in(cast.other_guardian.user)
    assert browser.get(f"/consent/{cast.sakura.pk}/").status_code == 404
    assert only(SecurityKind.ACCESS_NOT_FOUND).user_id == cast.other_guardian.user.pk


def test_a_form_without_its_token_is_an_event(db):
    browser = Client(enforce_csrf_checks=True, REMOTE_ADDR="203.0.113.5")
    assert browser.post("/card/", {"code": "AAAA"}).status_code == 403
    assert kinds() == [SecurityKind.CSRF_REFUSED]


def test_a_wrong_host_is_an_event_without_the_host(db, settings):
    settings.ALLOWED_HOSTS = ["portal.example.jp"]
    answer = Client(REMOTE_ADDR="203.0.113.5").get("/card/", HTTP_HOST="evil.example")
    assert answer.status_code == 400
    event = only(SecurityKind.HOST_REFUSED)
    assert "evil" not in json.dumps([event.detail, event.network])


def test_a_limit_is_an_event_wherever_it_is_counted(cast, browser, midori):
    for _ in range(limits.LIMITS["letter"].amount):
        limits.allow("letter", "x")
    assert kinds() == []
    limits.allow("letter", "x")
    assert only(SecurityKind.LIMIT_HIT).detail == "letter"
    for _ in range(8):
        browser.post(LOGIN, {"login": "midori@example.com", "password": "nope-nope-nope"})
    assert SecurityEvent.objects.filter(kind=SecurityKind.LIMIT_HIT).count() > 1


def test_a_refused_file_is_an_event(cast, sign_in):
    browser = sign_in(cast.officer.user)
    page = "/admin/roster/rosterimport/upload/"
    browser.post(page, {"zip": SimpleUploadedFile("meibo.zip", b"no zip at all")})
    assert only(SecurityKind.UPLOAD_REFUSED).detail == "admin:roster_upload"


def test_a_file_that_the_worker_refuses_is_an_event_too(cast, sign_in):
    browser = sign_in(cast.officer.user)
    sent = {"zip": SimpleUploadedFile("meibo.zip", b"PK\x03\x04 and no more")}
    file_workers.send(browser, "/admin/roster/rosterimport/upload/", sent)
    event = only(SecurityKind.UPLOAD_REFUSED)
    assert (event.detail, event.user_id) == ("roster", cast.officer.user.pk)


def test_a_body_too_large_to_be_read_is_an_event(db, monkeypatch):
    for name in ("request_started", "request_finished"):  # they would close the test's connection
        monkeypatch.setattr(body_refusals, name, Signal())
    path = "/admin/roster/rosterimport/upload/"
    body_refusals.record_refused_body(
        {**RequestFactory(REMOTE_ADDR="203.0.113.5").post(path).environ}
    )
    event = only(SecurityKind.UPLOAD_REFUSED)
    assert (event.detail, event.network) == ("admin:roster_upload", "203.0.113.0/24")


def test_what_a_detail_could_smuggle_in_becomes_underscores(db, caplog):
    with caplog.at_level(logging.INFO, "security"):
        record_security_event(SecurityKind.LIMIT_HIT, detail="x\n2026 signin.done\x1b[31m さくら")
    assert only(SecurityKind.LIMIT_HIT).detail == "x_2026_signin.done__31m____"
    assert "\n" not in caplog.records[-1].getMessage()


def test_a_flood_from_one_network_becomes_one_row_with_a_count(db, time_machine):
    time_machine.move_to("2026-11-24T10:00:05+09:00", tick=False)
    for _ in range(security_events.MAX_EACH_A_MINUTE + 30):
        record_security_event(SecurityKind.SIGN_IN_FAILED, detail="password")
    rows = SecurityEvent.objects.filter(kind=SecurityKind.SIGN_IN_FAILED)
    assert rows.count() == security_events.MAX_EACH_A_MINUTE + 1
    assert rows.get(minute__isnull=False).n == 30
    time_machine.shift(60)
    record_security_event(SecurityKind.SIGN_IN_FAILED, detail="password")
    assert rows.count() == security_events.MAX_EACH_A_MINUTE + 2


def test_a_flood_from_many_networks_becomes_one_row_too(db, time_machine, monkeypatch):
    time_machine.move_to("2026-11-24T10:00:05+09:00", tick=False)
    monkeypatch.setattr(security_events, "MAX_A_MINUTE", 30)
    for number in range(60):
        monkeypatch.setattr(request_context, "current_network", lambda n=number: f"198.51.{n}.0/24")
        record_security_event(SecurityKind.LIMIT_HIT)
    assert SecurityEvent.objects.count() == 31
    assert SecurityEvent.objects.get(minute__isnull=False).n == 30


def test_a_whole_school_that_signs_in_at_once_is_no_flood(cast, time_machine):
    time_machine.move_to("2026-11-24T08:30:05+09:00", tick=False)
    users = [factories.user() for _ in range(security_events.MAX_EACH_A_MINUTE + 5)]
    for user in users:
        security.note_security_event(SecurityKind.SIGNED_IN, user=user)
    assert SecurityEvent.objects.filter(minute=None).count() == len(users)


def test_nobody_changes_an_event_and_no_young_one_is_deleted(db):
    record_security_event(SecurityKind.LIMIT_HIT)
    for statement in (
        "UPDATE audit_securityevent SET kind = 'signin.done'",
        "UPDATE audit_securityevent SET n = 5",
        "DELETE FROM audit_securityevent",
        "TRUNCATE audit_securityevent",
    ):
        refused = pytest.raises(DatabaseError, match="append-only")
        with as_owner(), refused, transaction.atomic():
            connection.cursor().execute(statement)


def test_old_events_are_forgotten_and_others_kept(db, time_machine):
    time_machine.move_to(timezone.now() - timedelta(days=settings.SECURITY_EVENT_DAYS + 1))
    record_security_event(SecurityKind.SIGNED_OUT)
    time_machine.move_to(timezone.now() + timedelta(days=2))
    record_security_event(SecurityKind.SIGNED_IN)
    time_machine.move_to(timezone.now() + timedelta(days=settings.SECURITY_EVENT_DAYS - 1))
    assert delete_old_security_events().n == 1
    assert kinds() == [SecurityKind.SIGNED_IN]


def test_an_event_the_database_does_not_take_keeps_nobody_from_signing_in(
    midori, browser, monkeypatch, caplog, django_capture_on_commit_callbacks
):
    def fail(event):
        raise DatabaseError

    monkeypatch.setattr(security_events, "_keep", fail)
    with django_capture_on_commit_callbacks(execute=True):
        answer = browser.post(LOGIN, {"login": "midori@example.com", "password": PASSWORD})
    assert answer.status_code == 302
    assert "signin.done" in caplog.text  # the line is there all the same


def test_each_act_of_staff_on_an_account_names_both(cast):
    account_locks.lock_account(
        cast.nurse.user, by=cast.principal.user, reason="先生の端末が盗まれたため"
    )
    event = only(SecurityKind.ACCOUNT_LOCKED)
    assert (event.user_id, event.target_id) == (cast.principal.user.pk, cast.nurse.user.pk)
    assert event.person_kind == PersonKind.STAFF
    assert cast.principal.role == Role.PRINCIPAL
