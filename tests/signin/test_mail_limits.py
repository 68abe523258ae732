"""Anonymous visitors can cause few mails, and learn from nothing whether an address is known."""

import statistics
import time

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.core.limit_table import LIMITS
from apps.mail.models import OutgoingMail
from apps.mail.services import delivery
from apps.people.models import Guardian, Guardianship
from apps.registration.services import letters
from apps.signin import mail_limits, sealed_cookies
from apps.signin.code_cookies import LETTER
from tests import factories
from tests.signin.account_helpers import with_password

RESET, SIGN_UP = reverse("account_reset_password"), reverse("account_signup")


@pytest.fixture(autouse=True)
def _queue(settings, db):
    settings.EMAIL_BACKEND = "apps.mail.backend.QueueBackend"


def reset(address, at="203.0.113.7"):
    return Client(REMOTE_ADDR=at).post(RESET, {"email": address})


def sent_to():
    delivery.send_due()
    return [each.to[0] for each in mail.outbox]


def test_an_address_without_an_account_gets_few_mails_a_day(cast):
    for n in range(10):
        assert reset("nobody@example.com", at=f"192.0.{n}.1").status_code == 302
    assert sent_to() == ["nobody@example.com"] * LIMITS["mail.unknown_address_day"].amount


def test_a_network_has_few_mails_sent_to_unknown_addresses_a_day(cast):
    n_most = LIMITS["mail.unknown_network_day"].amount
    for n in range(n_most + 5):
        reset(f"nobody{n}@example.com", at=f"192.0.2.{n}")
    reset(cast.midori.user.email, at="192.0.2.1")  # account owners are not delayed by them
    reset("other@example.com", at="198.51.100.1")
    recipients = sent_to()
    assert len(recipients) == n_most + 2
    assert {cast.midori.user.email, "other@example.com"} <= set(recipients)


def test_an_account_gets_few_mails_an_hour(cast):
    for n in range(10):
        assert reset(cast.midori.user.email, at=f"192.0.{n}.1").status_code == 302
    assert sent_to() == [cast.midori.user.email] * LIMITS["mail.address_hour"].amount


def test_one_network_does_not_use_up_the_mails_of_somebody_elsewhere(cast):
    for n in range(10):
        reset(cast.midori.user.email, at=f"192.0.2.{n}")
    reset(cast.midori.user.email, at="198.51.100.20")
    assert len(sent_to()) == LIMITS["mail.address_and_network_hour"].amount + 1


def test_a_known_device_gets_its_mails_while_others_use_up_the_addresss(cast):
    midori = with_password(cast.midori.user)
    own = Client()
    own.post(reverse("account_login"), {"login": midori.email, "password": factories.PASSWORD})
    own.post(reverse("account_logout"))
    for n in range(30):
        reset(midori.email, at=f"192.0.{n}.1")
    before = len(sent_to())
    assert before == LIMITS["mail.address_hour"].amount
    for _ in range(10):
        own.post(RESET, {"email": midori.email})
    assert len(sent_to()) - before == LIMITS["mail.known_device_hour"].amount


def test_a_hall_of_300_guardians_gets_its_sign_up_mails_and_a_flood_does_not(rf):
    request = rf.get("/", REMOTE_ADDR="203.0.113.7")
    kind, name = "email_confirmation_signup", sealed_cookies.cookie_name(LETTER)

    def sent(n, code):
        request.COOKIES[name] = sealed_cookies.seal(LETTER, code)
        return mail_limits.may_send(request, kind, f"g{n}@example.com")

    hall = [sent(n, f"letter-{n}") for n in range(300) for _ in range(3)]
    assert all(hall)
    flood = [sent(n, f"letter-{n}") for n in range(1000, 1500)]
    assert sum(flood) == LIMITS["mail.sign_up_network_day"].amount - len(hall)
    request.META["REMOTE_ADDR"] = "198.51.100.1"
    assert sent(2000, "letter-2000")


def test_a_mail_beyond_the_cap_is_kept_and_dropped_by_the_worker(cast):
    for n in range(5):
        reset("nobody@example.com", at=f"192.0.{n}.1")
    assert OutgoingMail.objects.count() == 5
    delivery.send_due()
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize("is_capped", [False, True])
def test_known_and_unknown_get_the_same_answer_by_the_same_work(cast, is_capped):
    if is_capped:
        for n in range(10):
            for address in (cast.midori.user.email, "nobody@example.com"):
                reset(address, at=f"192.0.{n}.1")

    def ask_for_mail(address):
        with CaptureQueriesContext(connection) as queries:
            answer = reset(address, at="198.51.100.77")
        kinds = [query["sql"].split()[0] for query in queries]
        return answer.status_code, answer["Location"], kinds

    for address in (cast.midori.user.email, "nobody@example.com"):
        ask_for_mail(address)  # caches filled once a process
    known = ask_for_mail(cast.other_guardian.user.email)
    unknown = ask_for_mail("nobody2@example.com")
    assert known == unknown


def test_known_and_unknown_take_equal_time(cast):
    def seconds(address, n):
        client = Client(REMOTE_ADDR=f"198.51.{n}.1")
        began = time.thread_time()  # no other process counts; statements: the test above
        client.post(RESET, {"email": address})
        return time.thread_time() - began

    addresses = cast.midori.user.email, "nobody@example.com"
    turns = [[seconds(address, n) for address in addresses] for n in range(30)]
    known, unknown = (statistics.median(column) for column in zip(*turns, strict=True))
    assert max(known, unknown) < 1.6 * min(known, unknown)


@pytest.fixture
def letter(cast):
    guardian = Guardian.objects.create(
        municipality=cast.city, source_id="g-new", family_name="加賀", given_name="ひかる"
    )
    Guardianship.objects.create(municipality=cast.city, guardian=guardian, student=cast.sakura)
    ((_, code),) = letters.issue_guardian_letters([guardian], by=cast.homeroom.user)
    return code


def sign_up(code, address, at="203.0.113.7"):
    client = Client(REMOTE_ADDR=at)
    client.post(reverse("registration:letter_entry"), {"code": code})
    password = {"password1": factories.PASSWORD, "password2": factories.PASSWORD}
    return client.post(SIGN_UP, {"email": address, **password})


def test_a_letter_has_few_sign_up_mails_sent(letter):
    n_most = LIMITS["mail.letter_day"].amount
    for n in range(n_most + 4):
        assert sign_up(letter, f"new{n}@example.com").status_code == 302
    assert len(sent_to()) == n_most


def test_signing_up_says_nothing_about_an_address_that_is_taken(cast, letter):
    fresh, known = sign_up(letter, "new@example.com"), sign_up(letter, cast.midori.user.email)
    assert (fresh.status_code, fresh["Location"]) == (known.status_code, known["Location"])
