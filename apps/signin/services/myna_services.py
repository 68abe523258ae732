"""The settings of デジタル認証アプリ: saved, tested, given a new key, switched off."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.models import Action
from apps.core import crypto
from apps.core.municipality_scope import across_municipalities, opens_municipality
from apps.people.models import User
from apps.signin.models import MynaService
from apps.signin.myna_keys import client_assertion, new_key, public_jwk
from apps.signin.myna_provider import links_of_service
from apps.signin.oidc.fault_words import fault_in_words
from apps.signin.oidc.metadata import ServiceFailed, fetch_keys, service_metadata
from apps.signin.oidc.outbound import FORM, OutboundSession
from apps.signin.services import sign_in_services
from apps.signin.services.sessions import end_sessions_begun_by
from apps.signin.services.sign_in_services import (
    NOT_TESTED,
    CannotUseService,
    changed_fields,
    mark_tested,
    save_settings,
    stored_row,
)
from apps.signin.sign_in_methods import SignInMethod
from apps.vault.services.ring_sealing import seal_column, unseal_column

NOT_OPEN = _("鍵が開きません。新しい鍵を作ってください。")
NOT_REGISTERED = _(
    "相手先が、この鍵かクライアントIDを知りません。下の公開鍵が登録されているか確かめてください。"
)
ASKS_NO_MORE = _(
    "「はじめて同意する前に、カードで本人を確かめる」も切れています。使うときに、もう一度入れてください。"
)
KNOWN_CLIENT = "invalid_grant"  # the answer to a code that never was, to a client that is known


@transaction.atomic
def save_service(service: MynaService, *, by: User) -> list[str]:
    """Save the settings; sentences about what is off though the row said on.

    With another environment or client the identifiers are others: every link ends, and it has to
    be tested again.
    """
    is_other = bool(changed_fields(service, stored_row(service)) & {"environment", "client_id"})
    if service._state.adding:
        seal_column(service, new_key())
    elif is_other:
        service.tested_at = None
        end_links(service, by=by)
    return _save(service, by)


@transaction.atomic
def renew_key(service: MynaService, *, by: User) -> list[str]:
    """Make a new key pair; nobody signs in until its public half is registered and tested.

    Sentences about what is off now.
    """
    service = MynaService.objects.select_for_update().get(pk=service.pk)
    seal_column(service, new_key())
    service.tested_at = None
    return _save(service, by)


def _save(service: MynaService, by: User) -> list[str]:
    """Save and record; what was not tested is off, and what asks for the card with it."""
    missing = "" if service.tested_at else str(NOT_TESTED)
    asked = service.asks_before_consent
    service.asks_before_consent = asked and service.is_on and not missing
    why = save_settings(
        service, by=by, missing=missing, end_sessions=lambda: _end_sessions(service)
    )
    asks_no_more = asked and not service.asks_before_consent
    return [*([why] if why else []), *([str(ASKS_NO_MORE)] if asks_no_more else [])]


def signing_key_of(service: MynaService) -> bytes:
    """The private key. Raises crypto.CannotUnseal."""
    return unseal_column(service)


def public_key_of(service: MynaService) -> dict[str, Any]:
    """The public key as it is registered with the service; {} where the key does not open."""
    try:
        return public_jwk(signing_key_of(service))
    except crypto.CannotUnseal:
        return {}


def test_service(service: MynaService, *, by: User) -> str:
    """Ask for its configuration and keys, and whether it knows ours: a sentence about the result.

    Raises CannotUseService with what is wrong. Nobody signs in by it.
    """
    try:
        found = service_metadata(service.issuer, is_fresh=True)
        n_keys = len(fetch_keys(found.jwks_uri))
        proof = client_assertion(signing_key_of(service), service.client_id, found.token_endpoint)
    except ServiceFailed as error:
        raise CannotUseService(fault_in_words(str(error))) from error
    except crypto.CannotUnseal as error:
        raise CannotUseService(NOT_OPEN) from error
    if _answer_to_no_code(found.token_endpoint, service, proof) != KNOWN_CLIENT:
        raise CannotUseService(NOT_REGISTERED)
    mark_tested(service, by=by)
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
        raise CannotUseService(fault_in_words(str(error))) from error
    return found.get("error") if isinstance(found, dict) else ""


@opens_municipality()
def service_in_use(pk: UUID) -> MynaService | None:
    """The service of an id, while it is on: which city's, its address says."""
    return MynaService.objects.filter(pk=pk, is_on=True).first()


@across_municipalities
def services_in_use() -> list[MynaService]:
    """The services that guardians may use now."""
    return list(MynaService.objects.filter(is_on=True).select_related("municipality"))


def end_links(service: MynaService, *, by: User) -> int:
    """End every link with a card; returns how many there were."""
    return sign_in_services.end_all_links(
        service, links_of_service(service), method=SignInMethod.MYNA,
        action=Action.MYNA_UNLINKED, by=by,
    )  # fmt: skip


def _end_sessions(service: MynaService) -> None:
    end_sessions_begun_by(SignInMethod.MYNA, links_of_service(service).values("user"))
