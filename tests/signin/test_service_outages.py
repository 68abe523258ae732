"""Sign-in services and the cache may be away: it is said, and signing in goes on."""

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from redis.exceptions import ConnectionError as NoConnection

from apps.core import cache as core_cache
from apps.core import sessions
from apps.helpdesk.services import service_status
from apps.signin.oidc import service_health
from tests.signin.oidc_peer import OidcPeer, path_of
from tests.signin.school_account_helpers import (
    DOMAIN,
    HOME,
    go_in,
    google,
    link,
    name_in_roster,
    with_card,
)

pytestmark = pytest.mark.django_db


def test_a_service_that_does_not_answer_on_the_way_back_is_said_in_its_city_alone(
    cast, sakura, service, peer, client, settings
):
    cities = [cast.city.pk, cast.away.pk]
    cache.delete(service_status.CACHE_KEY)
    refused = go_in(client, peer, service, "g-1", code="x")  # it answers: nothing is wrong with it
    assert refused.status_code == 403
    assert service_health.cities_with_failed_sign_in(cities) == set()
    with OidcPeer() as gone:
        settings.PRIVATE_SERVERS = [gone.url]
        settings.SCHOOL_ACCOUNT_ISSUERS = {"google": gone.url}
        begin = reverse("signin:school_account", args=[service.pk])
        back, again = (gone.approve(client.post(begin).url, "g-1") for _ in range(2))
    gone.server.server_close()  # its configuration is known, its token endpoint is away
    for address in (back, again):  # the second is not even asked
        cache.delete(service_status.CACHE_KEY)
        answer = client.get(path_of(address))
        assert (answer.status_code, 'id="service-status"' in answer.text) == (403, True)
    assert service_health.cities_with_failed_sign_in(cities) == {cast.city.pk}
    page = reverse("signin:school_accounts")
    for query, is_said in ((f"?city={cast.city.code}", True), (f"?city={cast.away.code}", False)):
        assert ('id="service-status"' in client.get(page + query).text) == is_said
    assert 'id="service-status"' not in client.get(page).text


def test_a_sign_in_works_while_the_cache_is_away(sakura, service, peer, client, monkeypatch):
    name_in_roster(sakura, f"sakura@{DOMAIN}")
    google(peer, "g-1")
    link(with_card(client, sakura), peer, service, "g-1")

    def refuse(self, key=None, *, write=False):
        raise NoConnection("away")

    monkeypatch.setattr(core_cache._Client, "get_client", refuse)
    monkeypatch.setattr(core_cache._away, "until", 0.0)
    for each in (sessions._copy, service_health.memory):
        monkeypatch.setattr(each, "_away_until", 0.0)
    assert Client().get(reverse("signin:card_entry")).status_code == 200
    assert go_in(Client(), peer, service, "g-1").url == HOME
    assert go_in(Client(), peer, service, "g-1", code="x").status_code == 403
