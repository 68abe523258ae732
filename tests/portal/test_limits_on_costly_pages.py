"""Costly or public pages have a limit, which answers in words or with 429."""

import uuid

import pytest
from django.urls import reverse

from apps.consent.models import Purpose
from apps.core.client_address import address_of, network_of
from apps.core.limit_table import LIMITS
from apps.core.limits import allow
from apps.disclosure.models import CorrectionRequest
from apps.disclosure.services.corrections import CannotCorrect, request_correction

HERE = "127.0.0.1/32"


def use_up(name, key):
    for _ in range(LIMITS[name].amount):
        assert allow(name, str(key))


@pytest.mark.parametrize("view", ["checkins:deliver", "portal:deliver"])
def test_deliveries_of_one_address_have_a_limit_and_the_tablet_is_told_to_come_later(
    client, db, view
):
    def deliver():
        return client.post(reverse(view), {"items": []}, content_type="application/json")

    assert deliver().status_code == 200
    for _ in range(LIMITS["delivery"].amount):
        allow("delivery", HERE)
    assert (deliver().status_code, deliver()["Retry-After"]) == (429, "60")


@pytest.mark.parametrize("way", ["pasted", "by its code"])
def test_checking_receipts_has_a_limit_for_one_address(client, db, way):
    def check():
        if way == "pasted":
            return client.post(reverse("consent:check_receipt"), {"shown": "x"}).status_code
        return client.get(reverse("consent:check_proof", args=["x"])).status_code

    assert check() == 422
    for _ in range(LIMITS["receipt.check"].amount):
        allow("receipt.check", HERE)
    assert check() == 429
    assert client.get(reverse("consent:check_receipt")).status_code == 200


def test_copies_of_data_have_a_limit_for_one_person(cast, sign_in):
    url = reverse("disclosure:personal_data_file", args=[cast.sakura.pk])
    use_up("data.copy", cast.midori.user.pk)
    refused = sign_in(cast.midori.user).post(url)
    assert refused.status_code == 429
    assert "待って" in refused.content.decode()


@pytest.mark.parametrize("name", ["correction", "correction_day"])
def test_corrections_have_a_limit_and_none_is_half_written(cast, name):
    use_up(name, cast.midori.user.pk)
    with pytest.raises(CannotCorrect, match="時間をおいて"):
        request_correction(
            cast.sakura, actor=cast.midori.user, about=Purpose.ATTENDANCE, words="ちがう",
            form_key=uuid.uuid4(),
        )  # fmt: skip
    assert not CorrectionRequest.objects.exists()


@pytest.mark.parametrize(
    ("told", "address", "network"),
    [
        ("203.0.113.7", "203.0.113.7/32", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("::ffff:203.0.113.7", "203.0.113.7/32", "203.0.113.0/24"),
        ("not an address", "", ""),
    ],
)
def test_an_address_is_counted_as_a_household_and_its_network(rf, told, address, network):
    request = rf.get("/", REMOTE_ADDR=told)
    assert (address_of(request), network_of(request)) == (address, network)
