"""A guardian's link with their My Number card: made, used to sign in, ended."""

from collections.abc import Iterable
from uuid import UUID

from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.audit.models import Action
from apps.audit.services.audit_events import record
from apps.people.models import User
from apps.signin import account_mail, words
from apps.signin.models import MynaService
from apps.signin.myna_provider import MynaProvider, links_of_service
from apps.signin.oidc.registry import provider_id_of
from apps.signin.passkey_offers import can_sign_in_with_key
from apps.signin.services.access import may_sign_in
from apps.signin.services.credentials import CredentialChange, end_other_sessions
from apps.signin.sign_in_methods import SignInMethod

NOT_LINKED = _(
    "このカードは、まだどのアカウントともつながっていません。"
    "メールアドレスで入って、アカウントの画面でつないでください。"
)
CANNOT_LINK = _(
    "このカードは、つなげませんでした。つながっているものを外してから、もう一度試してください。"
)
NO_OTHER_WAY = _("ほかの入りかた(パスワードかパスキー)を用意してから、外してください。")


class CannotUseMyna(Exception):
    """The card does not sign in, or is not linked or unlinked; the message is for its owner."""


def user_of_myna(service: MynaService, uid: str) -> User:
    """The account that this card signs in. Raises CannotUseMyna."""
    found = links_of_service(service).filter(uid=uid).select_related("user").first()
    if found is None:
        raise CannotUseMyna(NOT_LINKED)
    return found.user


def link_of(user: User) -> SocialAccount | None:
    """The link of this account with a card, or None."""
    return _links().filter(user=user).first()


def is_linked_in(user: User, municipality_id: UUID) -> bool:
    """Whether this account has proved a person by the card, for this municipality."""
    services = MynaService.objects.filter(municipality=municipality_id, is_on=True)
    names = [provider_id_of(MynaProvider, pk) for pk in services.values_list("pk", flat=True)]
    return SocialAccount.objects.filter(user=user, provider__in=names).exists()


def users_with_myna(user_ids: Iterable[UUID]) -> set[UUID]:
    """Which of these accounts are linked with a card."""
    return set(_links().filter(user__in=list(user_ids)).values_list("user", flat=True))


@transaction.atomic
def link_myna(service: MynaService, user: User, uid: str, request: HttpRequest) -> None:
    """Link the card with this account; repeated it changes nothing. Raises CannotUseMyna.

    One card is one account's, and an account has one: the answer does not say which of the two it
    was.
    """
    if not may_sign_in(user, SignInMethod.MYNA):
        raise CannotUseMyna(CANNOT_LINK)
    User.objects.select_for_update().get(pk=user.pk)
    own = link_of(user)
    provider = provider_id_of(MynaProvider, service.pk)
    if own is not None and (own.provider, own.uid) == (provider, uid):
        return
    if own is not None:
        raise CannotUseMyna(CANNOT_LINK)
    try:
        with transaction.atomic():
            SocialAccount.objects.create(user=user, provider=provider, uid=uid)
    except IntegrityError as error:
        raise CannotUseMyna(CANNOT_LINK) from error
    _changed(Action.MYNA_LINKED, service.municipality_id, user, request)
    account_mail.mail_user(user, "myna_linked", *map(str, words.MYNA_LINKED))


@transaction.atomic
def unlink_myna(user: User, request: HttpRequest) -> None:
    """End the link; another way in must be left. Raises CannotUseMyna."""
    User.objects.select_for_update().get(pk=user.pk)
    own = link_of(user)
    if own is None:
        return
    if not (user.has_usable_password() or can_sign_in_with_key(user)):
        raise CannotUseMyna(NO_OTHER_WAY)
    service = MynaService.objects.filter(pk=own.provider.partition(":")[2]).first()
    delete_myna_link(user)
    city = service.municipality_id if service else None
    _changed(Action.MYNA_UNLINKED, city, user, request)
    account_mail.mail_user(user, "myna_unlinked", *map(str, words.MYNA_UNLINKED))


def delete_myna_link(user: User) -> bool:
    """Delete the link of an account; whether there was one. The caller records it."""
    return _links().filter(user=user).delete()[0] > 0


def _links() -> QuerySet[SocialAccount]:
    return SocialAccount.objects.filter(provider__startswith=f"{MynaProvider.id}:")


def _changed(
    action: Action, municipality_id: UUID | None, user: User, request: HttpRequest
) -> None:
    record(
        action, actor=user, role="guardian", municipality_id=municipality_id, thing=user,
    )  # fmt: skip
    end_other_sessions(user, CredentialChange.MYNA, request=request)
