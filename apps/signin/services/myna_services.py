"""The settings of デジタル認証アプリ: saved, tested, given a new key, switched off."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.models import Action
from apps.audit.services.audit_events import record
from apps.core import clock, crypto
from apps.people.models import User
from apps.people.permissions import role_of
from apps.people.services.recorded_changes import record_change
from apps.signin.models import MynaService
from apps.signin.myna_keys import client_assertion, new_key, public_jwk
from apps.signin.myna_provider import links_of_service
from apps.signin.oidc.fault_words import fault_in_words
from apps.signin.oidc.metadata import ServiceFailed, fetch_keys, service_metadata
from apps.signin.oidc.outbound import FORM, OutboundSession
from apps.signin.services.sessions import end_sessions_of_users
from apps.vault.services.ring_sealing import seal_column, unseal_column

VERB = "municipality.edit"
NOT_TESTED = _("使いはじめる前に、「つながるか確かめる」を押してください。")
NOT_OPEN = _("鍵が開きません。新しい鍵を作ってください。")
NOT_REGISTERED = _(
    "相手先が、この鍵かクライアントIDを知りません。下の公開鍵が登録されているか確かめてください。"
)
KNOWN_CLIENT = "invalid_grant"  # the answer to a code that never was, to a client that is known


class CannotUseMyna(Exception):
    """The service is not saved or cannot be used; the message is for the member of staff."""


@transaction.atomic
def save_service(service: MynaService, *, by: User, fields: Iterable[str]) -> None:
    """Save the settings. Raises CannotUseMyna where it was not tested and is switched on.

    With another environment or client the identifiers are others: every link ends, and it has to
    be tested again.
    """
    changed, is_new = set(fields), service._state.adding
    if is_new:
        seal_column(service, new_key())
    elif changed & {"environment", "client_id"}:
        service.tested_at, service.is_on = None, False
        end_links(service, by=by)
    service.asks_before_consent = service.asks_before_consent and service.is_on
    if service.is_on and service.tested_at is None:
        raise CannotUseMyna(NOT_TESTED)
    was_on = MynaService.objects.filter(pk=service.pk, is_on=True).exists()
    service.save()
    if was_on and not service.is_on:
        _end_sessions(service)
    record_change(service, by, sorted(changed), verb=VERB)


@transaction.atomic
def renew_key(service: MynaService, *, by: User) -> None:
    """Make a new key pair; nobody signs in until its public half is registered and tested."""
    service = MynaService.objects.select_for_update().get(pk=service.pk)
    seal_column(service, new_key())
    service.tested_at, service.is_on, service.asks_before_consent = None, False, False
    service.save()
    record_change(service, by, ["sealed_key"], verb=VERB)


def signing_key_of(service: MynaService) -> bytes:
    """The private key. Raises crypto.CannotUnseal."""
    return unseal_column(service)


def public_key_of(service: MynaService) -> dict[str, Any]:
    """The public key as it is registered with the service; {} where the key does not open."""
    try:
        return public_jwk(signing_key_of(service))
    except crypto.CannotUnseal:
        return {}


def test_service(service: MynaService) -> str:
    """Ask for its configuration and keys, and whether it knows ours: a sentence about the result.

    Raises CannotUseMyna with what is wrong. Nobody signs in by it.
    """
    try:
        found = service_metadata(service.issuer, is_fresh=True)
        n_keys = len(fetch_keys(found.jwks_uri))
        proof = client_assertion(signing_key_of(service), service.client_id, found.token_endpoint)
    except ServiceFailed as error:
        raise CannotUseMyna(fault_in_words(str(error))) from error
    except crypto.CannotUnseal as error:
        raise CannotUseMyna(NOT_OPEN) from error
    if _answer_to_no_code(found.token_endpoint, service, proof) != KNOWN_CLIENT:
        raise CannotUseMyna(NOT_REGISTERED)
    MynaService.objects.filter(pk=service.pk).update(tested_at=clock.now())
    return _("つながりました。公開鍵を%(n)d個読めました。こちらの鍵も登録されています。") % {
        "n": n_keys
    }


def _answer_to_no_code(token_url: str, service: MynaService, proof: dict[str, str]) -> str | None:
    asked = {
        "grant_type": "authorization_code", "code": "none", "client_id": service.client_id,
        "redirect_uri": "https://invalid.example/", "code_verifier": "x" * 43, **proof,
    }  # fmt: skip
    try:
        with OutboundSession() as session:
            answer = session.request("POST", token_url, data=asked, headers={"Content-Type": FORM})
            found = answer.json()
    except OSError as error:  # requests.RequestException is one
        raise CannotUseMyna(fault_in_words(str(error))) from error
    return found.get("error") if isinstance(found, dict) else ""


def services_in_use() -> list[MynaService]:
    """The services that guardians may use now."""
    return list(MynaService.objects.filter(is_on=True).select_related("municipality"))


@transaction.atomic
def end_links(service: MynaService, *, by: User) -> int:
    """End every link with a card; returns how many there were."""
    linked = links_of_service(service)
    n_linked = linked.count()
    if n_linked:
        _end_sessions(service)
        linked.delete()
        record(
            Action.MYNA_UNLINKED, actor=by, role=role_of(by, service, VERB),
            municipality_id=service.municipality_id, thing=service, detail="all",
        )  # fmt: skip
    return n_linked


def _end_sessions(service: MynaService) -> None:
    end_sessions_of_users(list(links_of_service(service).values_list("user", flat=True)))
