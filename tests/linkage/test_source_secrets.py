"""The secret of a source is sealed, bound to its place, and never shown on a page."""

import pytest
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.linkage.connectors.contract import AuthError
from apps.linkage.models import DataSource, SourceKind
from apps.linkage.services.source_secrets import reseal_secret, source_credentials
from apps.vault.services.keys import key_ring

SECRET = "ひみつ-hush-4711"


@pytest.fixture
def city(cast, sign_in):
    return sign_in(cast.officer.user)


@pytest.fixture
def roster(cast):
    return DataSource.objects.create(
        municipality=cast.city, school=cast.school, kind=SourceKind.ONEROSTER, title="名簿",
        place="https://roster.example", token_url="https://roster.example/token", user_name="portal",
    )  # fmt: skip


def send(city, source, **changes):
    data = {
        "title": source.title, "place": source.place, "token_url": source.token_url,
        "user_name": "portal", "every_minutes": 60, "late_after_hours": 72, "is_on": "on", **changes,
    }  # fmt: skip
    page = city.post(reverse("admin:linkage_datasource_change", args=[source.pk]), data)
    source.refresh_from_db()
    return page


def test_a_secret_typed_once_is_sealed_and_shown_nowhere(city, roster):
    assert send(city, roster, secret=SECRET).status_code == 302
    assert source_credentials(roster) == ("portal", SECRET)
    assert SECRET.encode() not in bytes(roster.sealed_secret)
    page = city.get(reverse("admin:linkage_datasource_change", args=[roster.pk])).content.decode()
    assert SECRET not in page
    assert "封をして保存してあります" in page
    event = AuditEvent.objects.get(action=Action.RECORD_CHANGED)
    assert "secret" in event.fields
    assert SECRET not in str(event.__dict__)


def test_an_edit_without_the_secret_leaves_it(city, roster):
    send(city, roster, secret=SECRET)
    send(city, roster, title="名簿(市)")
    assert source_credentials(roster) == ("portal", SECRET)


@pytest.mark.parametrize("field", ["place", "token_url"])
def test_a_source_that_moves_must_be_told_its_secret_anew(city, roster, field):
    send(city, roster, secret=SECRET)
    send(city, roster, **{field: "https://elsewhere.example/x"})
    assert roster.sealed_secret is None
    with pytest.raises(AuthError, match="秘密が ありません"):
        source_credentials(roster)


def test_a_sealed_secret_carried_to_another_source_does_not_open(city, roster, cast):
    send(city, roster, secret=SECRET)
    DataSource.objects.filter(pk=roster.pk).update(place="https://thief.example")
    roster.refresh_from_db()
    with pytest.raises(AuthError, match="開けません"):
        source_credentials(roster)


def test_a_secret_can_be_forgotten(city, roster):
    send(city, roster, secret=SECRET)
    assert send(city, roster, secret="x", forget_secret="on").status_code == 422
    send(city, roster, forget_secret="on")
    assert roster.sealed_secret is None


def test_a_rotated_ring_seals_it_anew(city, roster, settings):
    send(city, roster, secret=SECRET)
    old = roster.secret_ring_key
    settings.VAULT_KEYS = f"newer:{'A' * 43},{settings.VAULT_KEYS}"
    assert key_ring().newest != old
    assert reseal_secret(roster)
    roster.refresh_from_db()
    assert (roster.secret_ring_key, source_credentials(roster)[1]) == ("newer", SECRET)


BAD = {
    "no https": ({"token_url": "http://roster.example/token"}, "https://"),
    "the same place twice": ({"place": "https://other.example"}, "もうあります"),
    "never late": ({"late_after_hours": 0}, "1から1440まで"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_is_refused_with_a_sentence(name, city, roster, cast):
    DataSource.objects.create(
        municipality=cast.city, school=cast.school, kind=SourceKind.ONEROSTER, title="ほか",
        place="https://other.example",
    )  # fmt: skip
    changes, words = BAD[name]
    page = send(city, roster, **changes)
    assert page.status_code == 422
    assert words in page.content.decode()
    assert roster.place == "https://roster.example"
