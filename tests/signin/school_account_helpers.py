"""Helpers: school accounts at a real provider on loopback (the fixtures are in conftest)."""

from urllib.parse import urlencode

from django.urls import reverse

from apps.roster.models import StudentAccountName
from apps.roster.services import account_names
from apps.signin.models import SchoolAccountService
from apps.signin.services import school_account_services
from tests.signin.oidc_peer import path_of, query_of

PIN = "7305"
HOME, PROVE, OWN = reverse("portal:home"), reverse("signin:prove"), "signin:own_school_account"
DOMAIN, TENANT = "students.towa.example", "7a1c6f5e-0d0e-4b8a-9c57-0d8f6c7f1a11"


def make_service(cast, **fields):
    made = SchoolAccountService(municipality=cast.city, client_id="portal", **fields)
    by = cast.officer.user
    school_account_services.save_service(made, by=by, secret="a secret")
    school_account_services.test_service(made, by=by)
    made.refresh_from_db()
    made.is_on = True
    school_account_services.save_service(made, by=by)
    return made


def name_in_roster(student, name):
    key = account_names.key_of_code([student.municipality.code])
    StudentAccountName.objects.create(
        municipality=student.municipality,
        student=student,
        digest=account_names.digest_of(key, name),
    )


def with_card(client, student):
    client.post(reverse("signin:card_entry"), {"code": student.code})
    client.post(reverse("signin:pin"), {"pin": PIN})
    client.post(PROVE, {"pin": PIN})
    return client


def go(client, peer, address, sub, **change):
    """Through the provider as ``sub``: the answer on the way back."""
    begun = client.post(address)
    assert begun.status_code == 302, begun.content.decode()
    back = peer.approve(begun.url, sub)
    if change:
        back = f"{back.partition('?')[0]}?{urlencode({**query_of(back), **change})}"
    return client.get(path_of(back))


def link(client, peer, service, sub):
    return go(client, peer, reverse("signin:link_school_account", args=[service.pk]), sub)


def go_in(client, peer, service, sub, **change):
    return go(client, peer, reverse("signin:school_account", args=[service.pk]), sub, **change)


def google(peer, sub, name="sakura", **changed):
    address = f"{name}@{DOMAIN}"
    claims = {"hd": DOMAIN, "email": address, "email_verified": True} | changed
    peer.put(sub, **{key: value for key, value in claims.items() if value is not None})


def is_in(client):
    return "_auth_user_id" in client.session
