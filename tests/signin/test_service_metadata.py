"""What a sign-in service publishes about itself is used only where all of it fits."""

from uuid import uuid4

import pytest
import requests
from django.core.cache import cache

from apps.core import http_client
from apps.core.limit_table import LIMITS, MINUTE
from apps.signin.oidc import metadata, outbound, service_health
from apps.signin.oidc.metadata import ServiceFailed, service_metadata

ISSUER = "https://login.example.jp/t-1"
GOOD = {
    "issuer": ISSUER, "authorization_endpoint": "https://login.example.jp/auth",
    "token_endpoint": "https://tokens.example.jp/token", "jwks_uri": "https://keys.example.jp/k",
}  # fmt: skip


PLACE = metadata._place("oidc.metadata", ISSUER)


@pytest.fixture(autouse=True)
def forget():
    cache.delete_many([PLACE, f"{PLACE}.failed"])


def refusal(monkeypatch, **changed):
    cache.delete(f"{PLACE}.failed")
    monkeypatch.setattr(metadata, "_fetched", lambda url: {**GOOD, **changed})
    with pytest.raises(ServiceFailed) as error:
        service_metadata(ISSUER)
    return str(error.value)


def test_only_the_metadata_of_this_very_issuer_with_its_own_page_is_used(monkeypatch):
    for other in (f"{ISSUER}/", "https://login.example.jp/t-2", None, ["x"]):
        assert refusal(monkeypatch, issuer=other) == "issuer"
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        for url in ("http://login.example.jp/x", "", "javascript:1", "https://a@evil.example/"):
            assert refusal(monkeypatch, **{name: url}) == "endpoints"
        assert refusal(monkeypatch, **{name: 5}) == "endpoints"
    elsewhere = "https://login.example.jp.evil.example/auth"
    assert refusal(monkeypatch, authorization_endpoint=elsewhere) == "endpoints"
    asked = []
    monkeypatch.setattr(metadata, "_fetched", lambda url: asked.append(url) or GOOD)
    with pytest.raises(ServiceFailed, match="endpoints"):  # for half a minute
        service_metadata(ISSUER)
    assert asked == []
    assert service_metadata(ISSUER, is_fresh=True) == service_metadata(ISSUER)
    assert asked == [f"{ISSUER}/.well-known/openid-configuration"]


def test_keys_are_asked_for_again_once_a_minute_and_none_is_made_up(monkeypatch):
    url = "https://keys.example.jp/k"
    place = metadata._place("oidc.keys", url)
    cache.delete_many([place, f"{place}.asked"])
    published, asked = {"keys": [{"kid": "a", "kty": "RSA"}, 5]}, []
    monkeypatch.setattr(metadata, "_fetched", lambda each: asked.append(each) or published)
    assert metadata.public_key(url, "a") == {"kid": "a", "kty": "RSA"}
    assert metadata.public_key(url, "b") is None
    assert metadata.public_key(url, "b") is None
    assert len(asked) == 1
    for bad in ({}, {"keys": "x"}, {"keys": []}, {"keys": [{"kid": "a"}] * 51}):
        published = bad
        cache.delete_many([place, f"{place}.asked"])
        asked.clear()
        for _ in range(3):
            with pytest.raises(ServiceFailed, match="no_keys"):
                metadata.public_key(url, "a")
        assert len(asked) == 1


def test_a_server_that_is_away_is_asked_once_in_half_a_minute_and_told_in_its_city(monkeypatch):
    city, other, origin = uuid4(), uuid4(), f"https://{uuid4().hex}.example:443"
    answers, clients = [], []

    def get(client, *args, **kwargs):
        clients.append(client)
        found = answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return http_client.ServerResponse(found, {}, b"{}")

    def ask(of, answer=None):
        answers[:] = [answer]
        with outbound.one_sign_in(of):
            try:
                return outbound.OutboundSession().get(f"{origin}/k").status_code
            except requests.ConnectionError as error:
                return str(error)

    def told():
        return service_health.cities_with_failed_sign_in([city, other])

    monkeypatch.setattr(http_client.HttpClient, "get", get)
    for ours in (http_client.AddressRefused(), http_client.UntrustedCertificate()):
        assert ask(city, ours) == type(ours).__name__
    assert (ask(city, 404), told()) == (404, set())
    assert (ask(city, http_client.ResponseTooSlow()), told()) == ("ResponseTooSlow", {city})
    n = len(clients)
    assert (ask(other), told(), len(clients)) == ("away", {city, other}, n)
    answers[:] = [200]
    assert outbound.OutboundSession().get(f"{origin}/k").status_code == 200  # a test by staff asks
    for answer, next_one in ((503, "away"), (http_client.RequestFailed(7), "away"), (200, 204)):
        cache.delete(f"oidc.away:{origin}.asked")  # half a minute later
        assert ask(city, answer) in (answer, "RequestFailed")
        assert ask(city, 204) == next_one
    with outbound.one_sign_in(city):  # one time limit for all its requests
        first = outbound.OutboundSession().client
        assert first.ends_at and outbound.OutboundSession().client is first
    assert outbound.OutboundSession().client is not first


def test_staff_name_only_services_that_the_operator_allows(settings):
    settings.SIGN_IN_HOSTS, settings.PRIVATE_SERVERS = ["login.example.jp"], []
    settings.SOURCE_HOSTS = ["*"]  # those of other systems are not for signing in
    assert outbound.is_allowed_service("https://login.example.jp/t-1")
    for url in ("https://other.example.jp/", "http://login.example.jp/", "https://127.0.0.1/"):
        assert not outbound.is_allowed_service(url)


def test_three_hundred_students_behind_one_address_are_refused_nowhere():
    """Each opens a way in, perhaps twice, within a minute; guessing is counted by account and card."""
    ways = (
        "school_account.begin",
        "school_account.return",
        "lti.begin",
        "lti.launch",
        "signin.requests",
    )
    for name in ways:
        row = LIMITS[name]
        assert row.per == "address"
        assert row.amount * MINUTE / row.seconds >= 2 * 300, name
    assert not LIMITS["card"].per.startswith("address")
