"""Password attempts are limited per account, and nobody is blocked by others behind one IP address."""

import re
import time
from dataclasses import replace

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.urls import reverse

from apps.core.limit_table import LIMITS
from apps.people.models import User
from apps.signin import sealed_cookies
from apps.signin.backends import AccountBackend
from tests import factories

LOGIN = reverse("account_login")
WRONG = "not-the-password"
SCHOOL, HOME = "203.0.113.7", "198.51.100.20"
FEW, ALL = LIMITS["signin.account_and_address"].amount, LIMITS["signin.account"].amount
OF_DEVICE = LIMITS["signin.known_device"].amount


@pytest.fixture(scope="module")
def hashed():
    return make_password(factories.PASSWORD)


@pytest.fixture
def midori(cast, hashed):
    return with_password(cast.midori.user, hashed)


def with_password(user, hashed):
    User.objects.filter(pk=user.pk).update(password=hashed)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user


def tries(email, password=WRONG, *, at=SCHOOL, client=None):
    """The Client after one attempt, and whether it is signed in."""
    client = client or Client(REMOTE_ADDR=at)
    answer = client.post(LOGIN, {"login": email, "password": password})
    return client, answer.status_code == 302


def is_in(email, **more):
    return tries(email, factories.PASSWORD, **more)[1]


def with_devices_of(client, at):
    """A new browser session on the same device."""
    fresh = Client(REMOTE_ADDR=at)
    name = sealed_cookies.cookie_name("devices")
    fresh.cookies[name] = client.cookies[name].value
    return fresh


def test_an_account_bears_few_failed_tries_an_hour_from_wherever(midori):
    for n in range(ALL):
        tries(midori.email, at=f"198.51.100.{n}")
    assert ALL + OF_DEVICE <= 10
    assert not is_in(midori.email, at=HOME)


def test_one_address_uses_up_its_own_tries_and_not_those_of_all_others(midori):
    for _ in range(20):
        tries(midori.email)
    assert not is_in(midori.email)
    assert is_in(midori.email, at=HOME)


def test_60_failures_a_minute_shut_out_nobody_behind_the_same_address(cast, midori, hashed):
    for n in range(70):
        tries(f"nobody{n}@example.com")
    assert is_in(midori.email)
    other = with_password(cast.other_guardian.user, hashed)
    tries(other.email)
    assert is_in(other.email)


def test_behind_a_busy_address_an_account_bears_fewer_tries(midori):
    for n in range(61):
        tries(f"nobody{n}@example.com")
    for _ in range(LIMITS["signin.account_at_busy_address"].amount):
        tries(midori.email)
    assert not is_in(midori.email)


def test_a_known_device_is_slower_and_not_shut_out_while_the_account_is_attacked(midori):
    own, entered = tries(midori.email, factories.PASSWORD, at=HOME)
    assert entered
    for n in range(30):
        tries(midori.email, at=f"192.0.2.{n}")
    assert not is_in(midori.email, at="192.0.2.200")
    assert is_in(midori.email, client=with_devices_of(own, HOME))
    again = with_devices_of(own, HOME)
    assert not is_in(midori.email, client=again)  # within the same seconds
    assert LIMITS["signin.known_device_slowly"].seconds <= 60


def test_a_known_device_has_few_tries_too(midori):
    own, _ = tries(midori.email, factories.PASSWORD, at=HOME)
    for _ in range(OF_DEVICE):
        tries(midori.email, client=with_devices_of(own, HOME))
    assert not is_in(midori.email, client=with_devices_of(own, HOME))
    assert is_in(midori.email, at=SCHOOL)  # their failures leave two attempts for all others


@pytest.mark.parametrize("order", ["unknown first", "devices first"])
def test_an_account_bears_ten_failures_an_hour_with_however_many_known_devices(
    midori, monkeypatch, order
):
    slowly = replace(LIMITS["signin.known_device_slowly"], amount=1000)  # as if time went by
    monkeypatch.setitem(LIMITS, "signin.known_device_slowly", slowly)
    devices = [tries(midori.email, factories.PASSWORD, at=HOME)[0] for _ in range(5)]
    compared = []
    compare = AccountBackend.authenticate
    monkeypatch.setattr(
        AccountBackend, "authenticate",
        lambda *args, **more: compared.append(1) or compare(*args, **more),
    )  # fmt: skip

    def by_strangers():
        for n in range(12):
            tries(midori.email, at=f"192.0.2.{n}")

    def by_devices():
        for device in devices * 5:
            tries(midori.email, client=with_devices_of(device, HOME))

    steps = [by_strangers, by_devices]
    for step in steps if order == "unknown first" else reversed(steps):
        step()
    assert ALL <= len(compared) <= 10


def test_a_device_whose_sisters_used_up_the_known_ones_tries_counts_as_any_other(midori):
    one, other = (tries(midori.email, factories.PASSWORD, at=HOME)[0] for _ in range(2))
    for _ in range(OF_DEVICE):
        tries(midori.email, client=with_devices_of(one, HOME))
    assert is_in(midori.email, client=with_devices_of(other, SCHOOL))


def test_what_a_device_is_known_for_is_of_one_account(cast, midori, hashed):
    other = with_password(cast.other_guardian.user, hashed)
    own, _ = tries(midori.email, factories.PASSWORD, at=HOME)
    for n in range(ALL):
        tries(other.email, at=f"192.0.2.{n}")
    assert not is_in(other.email, client=with_devices_of(own, HOME))


def test_a_device_knows_several_accounts_and_forgets_after_half_a_year(cast, midori, hashed):
    other = with_password(cast.other_guardian.user, hashed)
    first, _ = tries(midori.email, factories.PASSWORD, at=HOME)
    both = with_devices_of(first, HOME)
    tries(other.email, factories.PASSWORD, client=both)
    for n in range(ALL):
        tries(midori.email, at=f"192.0.2.{n}")
    assert is_in(midori.email, client=with_devices_of(both, HOME))
    with time_machine.travel(time.time() + 181 * 24 * 3600):
        assert not is_in(midori.email, client=with_devices_of(both, HOME))


def test_an_invented_device_is_known_to_nobody(midori):
    for n in range(ALL):
        tries(midori.email, at=f"192.0.2.{n}")
    forger = Client(REMOTE_ADDR=HOME)
    for value in ("", "x", '{"a": "b"}', "gAAAAA" * 20):
        forger.cookies[sealed_cookies.cookie_name("devices")] = value
        assert not is_in(midori.email, client=forger)


def test_the_cookie_is_sealed_kept_long_and_read_by_no_script(midori):
    own, _ = tries(midori.email, factories.PASSWORD)
    cookie = own.cookies[sealed_cookies.cookie_name("devices")]
    assert midori.email not in cookie.value
    assert cookie["httponly"]
    assert (cookie["samesite"], cookie["max-age"]) == ("Lax", 180 * 24 * 3600)


def test_right_passwords_count_as_no_failure(midori):
    for _ in range(15):
        assert is_in(midori.email, at=SCHOOL)


def test_every_spelling_of_an_address_is_one_account(midori):
    for written in (
        "MIDORI@example.com", "ｍｉｄｏｒｉ＠ｅｘａｍｐｌｅ．ｃｏｍ", "mid\u200bori@example.com",
        " midori@example.com", "midori@EXAMPLE.com",
    ):  # fmt: skip
        tries(written)
    assert not is_in(midori.email)


def test_an_unknown_account_gets_the_same_answer(midori):
    def mails_to(email):
        client = Client(REMOTE_ADDR=HOME)
        answers = []
        for _ in range(FEW + 2):
            page = client.post(LOGIN, {"login": email, "password": WRONG}).content.decode()
            page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)
            answers.append(page.replace(email, ""))
        return answers

    known, unknown = mails_to(midori.email), mails_to("nobody@example.com")
    assert known == unknown
    assert known[0] != known[-1]


def test_guessing_the_password_again_in_an_open_session_has_the_same_limit(midori):
    client, _ = tries(midori.email, factories.PASSWORD)
    url = reverse("account_reauthenticate")
    for _ in range(12):
        client.post(url, {"password": WRONG})
    assert client.post(url, {"password": factories.PASSWORD}).status_code != 302


def test_what_is_refused_for_its_number_is_told(midori, hits):
    for _ in range(FEW + 1):
        tries(midori.email)
    assert hits[-1] in ("signin.account_and_address", "too_many_login_attempts")
    assert "signin.account_and_address" in hits
