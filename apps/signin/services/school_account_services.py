"""The settings of school account services: saved, tested, switched off."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.models import Action
from apps.core import crypto
from apps.core.municipality_scope import across_municipalities, opens_municipality
from apps.people.models import User
from apps.roster.services import account_names
from apps.signin.models import SchoolAccountService
from apps.signin.oidc.fault_words import fault_in_words
from apps.signin.oidc.metadata import ServiceFailed, fetch_keys, service_metadata
from apps.signin.school_account_provider import accounts_of
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

BOUND_TO = {"kind", "client_id", "tenant", "domain"}  # what the secret and the test are good for
NO_SECRET = _("クライアントシークレットを入れてください。")
NO_NAMES = _(
    "名簿のアカウント名がまだありません。次に名簿を取り込むと、照合できるようになります(名前は残しません)。"
)


@transaction.atomic
def save_service(service: SchoolAccountService, *, by: User, secret: str = "") -> str:
    """Save the settings; a secret is sealed. Why it is off though the row said on, or "".

    What the secret is bound to has changed: it has to be entered again. Switching off ends the
    sessions that began with its accounts.
    """
    is_bound_anew = bool(changed_fields(service, stored_row(service)) & BOUND_TO)
    if is_bound_anew and not service._state.adding:
        service.tested_at = None
        if not secret:
            service.sealed_secret, service.secret_ring_key = None, ""
    if secret:
        seal_column(service, secret.encode())
    missing = ""
    if service.sealed_secret is None or service.tested_at is None:
        missing = str(NOT_TESTED if service.sealed_secret is not None else NO_SECRET)
    why = save_settings(
        service, by=by, missing=missing, end_sessions=lambda: _end_sessions(service)
    )
    if service.is_on:
        account_names.keep_names_of(service.municipality)
    return why


def secret_of(service: SchoolAccountService) -> str:
    """The client secret; "" where there is none or it does not open."""
    if service.sealed_secret is None:
        return ""
    try:
        return unseal_column(service).decode()
    except crypto.CannotUnseal:
        return ""


def test_service(service: SchoolAccountService, *, by: User) -> str:
    """Ask the service for its configuration and keys: a sentence about the result.

    Raises CannotUseService with what is wrong. Nobody signs in by it.
    """
    try:
        found = service_metadata(service.issuer, is_fresh=True)
        n_keys = len(fetch_keys(found.jwks_uri))
    except ServiceFailed as error:
        raise CannotUseService(fault_in_words(str(error))) from error
    mark_tested(service, by=by)
    n_named = account_names.count_students_with_name(service.municipality)
    read = _("つながりました。公開鍵を%(n)d個読めました。") % {"n": n_keys}
    named = _("名簿にアカウント名のある生徒は%(n)d人です。") % {"n": n_named}
    return f"{read}{named if n_named else NO_NAMES}"


@opens_municipality()
def service_in_use(pk: UUID) -> SchoolAccountService | None:
    """The service of an id, while it is on: which city's, its address says."""
    return SchoolAccountService.objects.filter(pk=pk, is_on=True).first()


@across_municipalities
def services_in_use() -> list[SchoolAccountService]:
    """The services that students may use now."""
    return list(SchoolAccountService.objects.filter(is_on=True).select_related("municipality"))


def is_offered_in(municipality_id: UUID) -> bool:
    """Whether students of this municipality may use a school's account."""
    return SchoolAccountService.objects.filter(municipality=municipality_id, is_on=True).exists()


def end_all_links(service: SchoolAccountService, *, by: User) -> int:
    """End every link with accounts of a service (the domain changed); returns how many there were."""
    return sign_in_services.end_all_links(
        service, accounts_of(service), method=SignInMethod.SCHOOL_ACCOUNT,
        action=Action.ACCOUNT_UNLINKED, by=by,
    )  # fmt: skip


def _end_sessions(service: SchoolAccountService) -> None:
    end_sessions_begun_by(SignInMethod.SCHOOL_ACCOUNT, accounts_of(service).values("user"))
