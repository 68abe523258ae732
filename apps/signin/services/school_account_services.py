"""The settings of school account services: saved, tested, switched off."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.models import Action
from apps.audit.services.audit_events import record
from apps.core import clock, crypto
from apps.people.models import User
from apps.people.permissions import role_of
from apps.people.services.recorded_changes import record_change
from apps.roster.services import account_names
from apps.signin.models import SchoolAccountService
from apps.signin.oidc.fault_words import fault_in_words
from apps.signin.oidc.metadata import ServiceFailed, fetch_keys, service_metadata
from apps.signin.school_account_provider import accounts_of
from apps.signin.services.sessions import end_sessions_of_users
from apps.vault.services.ring_sealing import seal_column, unseal_column

VERB = "municipality.edit"
NOT_TESTED = _("使いはじめる前に、「つながるか確かめる」を押してください。")
NO_SECRET = _("クライアントシークレットを入れてください。")
NO_NAMES = _(
    "名簿のアカウント名がまだありません。次に名簿を取り込むと、照合できるようになります(名前は残しません)。"
)


class CannotUseService(Exception):
    """The service is not saved or cannot be used; the message is for the member of staff."""


@transaction.atomic
def save_service(
    service: SchoolAccountService, *, by: User, fields: Iterable[str], secret: str = ""
) -> None:
    """Save the settings; a secret is sealed. Raises CannotUseService.

    What the secret is bound to has changed: it has to be entered again. Switching off ends the
    sessions that began with its accounts.
    """
    changed = set(fields)
    if changed & {"kind", "client_id", "tenant", "domain"} and not service._state.adding:
        service.tested_at = None
        service.is_on = False
        if not secret:
            service.sealed_secret, service.secret_ring_key = None, ""
    if secret:
        seal_column(service, secret.encode())
    if service.is_on and service.sealed_secret is None:
        raise CannotUseService(NO_SECRET)
    if service.is_on and service.tested_at is None:
        raise CannotUseService(NOT_TESTED)
    was_on = SchoolAccountService.objects.filter(pk=service.pk, is_on=True).exists()
    service.save()
    if service.is_on:
        account_names.keep_names_of(service.municipality)
    elif was_on:
        _end_sessions(service)
    names = changed - {"secret"} | ({"sealed_secret"} if secret else set())
    record_change(service, by, sorted(names), verb=VERB)


def secret_of(service: SchoolAccountService) -> str:
    """The client secret; "" where there is none or it does not open."""
    if service.sealed_secret is None:
        return ""
    try:
        return unseal_column(service).decode()
    except crypto.CannotUnseal:
        return ""


def test_service(service: SchoolAccountService) -> str:
    """Ask the service for its configuration and keys: a sentence about the result.

    Raises CannotUseService with what is wrong. Nobody signs in by it.
    """
    try:
        found = service_metadata(service.issuer, is_fresh=True)
        n_keys = len(fetch_keys(found.jwks_uri))
    except ServiceFailed as error:
        raise CannotUseService(fault_in_words(str(error))) from error
    SchoolAccountService.objects.filter(pk=service.pk).update(tested_at=clock.now())
    n_named = account_names.count_students_with_name(service.municipality)
    read = _("つながりました。公開鍵を%(n)d個読めました。") % {"n": n_keys}
    named = _("名簿にアカウント名のある生徒は%(n)d人です。") % {"n": n_named}
    return f"{read}{named if n_named else NO_NAMES}"


def services_in_use() -> list[SchoolAccountService]:
    """The services that students may use now."""
    return list(SchoolAccountService.objects.filter(is_on=True).select_related("municipality"))


def is_offered_in(municipality_id: UUID) -> bool:
    """Whether students of this municipality may use a school's account."""
    return SchoolAccountService.objects.filter(municipality=municipality_id, is_on=True).exists()


@transaction.atomic
def end_all_links(service: SchoolAccountService, *, by: User) -> int:
    """End every link with accounts of a service (the domain changed); returns how many there were."""
    linked = accounts_of(service)
    n_linked = linked.count()
    _end_sessions(service)
    linked.delete()
    record(
        Action.ACCOUNT_UNLINKED, actor=by, role=role_of(by, service, VERB),
        municipality_id=service.municipality_id, thing=service, detail="all",
    )  # fmt: skip
    return n_linked


def _end_sessions(service: SchoolAccountService) -> None:
    end_sessions_of_users(list(accounts_of(service).values_list("user", flat=True)))
