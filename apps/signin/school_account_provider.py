"""Google Workspace and Microsoft Entra as sign-in services: which accounts of theirs count.

``hd`` and ``tid`` of the verified token decide, never the parameters of the request. The account is
known by what never passes to another person: ``sub``, at Microsoft ``oid``.
"""

from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.db.models import QuerySet

from apps.people.normalisation import plain_account_name
from apps.signin.models import SchoolAccountKind, SchoolAccountService
from apps.signin.oidc.client import VerifyingProvider
from apps.signin.oidc.registry import provider_id_of, social_app

WRONG_SCHOOL = "wrong_school"  # the code of a refusal: an account of another domain or tenant


class SchoolAccountProvider(VerifyingProvider):
    """The accounts of one municipality's service. What follows: school_account_flow."""

    id = "school_account"
    begin_limit, return_limit = "school_account.begin", "school_account.return"
    name = "School account"
    callback_name = "signin:school_account_return"

    def get_default_scope(self):
        """The name or address is compared when an account is linked, and kept nowhere."""
        named = "email" if self.service.kind == SchoolAccountKind.GOOGLE else "profile"
        return ["openid", named]

    def get_auth_params(self):
        """The account is chosen anew each time: the tablet may be signed in as somebody else."""
        hint = {"hd": self.service.domain} if self.service.domain else {}
        is_google = self.service.kind == SchoolAccountKind.GOOGLE
        return {"prompt": "select_account", **(hint if is_google else {})}

    def check_claims(self, claims):
        """Raises OAuth2Error for an account outside the school's domain or tenant."""
        if self.service.kind == SchoolAccountKind.GOOGLE:
            fits = plain_account_name(_text(claims, "hd")) == self.service.domain.lower()
        else:
            fits = _text(claims, "tid").lower() == str(self.service.tenant)
            fits = fits and bool(_text(claims, "oid"))
        if not fits:
            raise OAuth2Error(WRONG_SCHOOL)

    def extract_uid(self, data):
        """What identifies the account for ever."""
        return _text(data, "sub" if self.service.kind == SchoolAccountKind.GOOGLE else "oid")

    def account_names(self, claims: dict) -> list[str]:
        """The verified names of the account in their plain form; none where one could be mistaken.

        Google: the address, only where it is verified and of the domain. Microsoft: the user name,
        which the tenant alone gives; its ``email`` anybody may have entered.
        """
        if self.service.kind == SchoolAccountKind.GOOGLE:
            said = _text(claims, "email") if claims.get("email_verified") is True else ""
        else:
            said = _text(claims, "preferred_username") or _text(claims, "upn")
        name = plain_account_name(said)
        local, at, domain = name.partition("@")
        if not name or (self.service.domain and domain != self.service.domain.lower()):
            return []
        return [name, local] if at and self.service.domain else [name]


def accounts_of(service: SchoolAccountService) -> QuerySet[SocialAccount]:
    """The links of students with accounts of this service."""
    return SocialAccount.objects.filter(provider=provider_id_of(SchoolAccountProvider, service.pk))


def app_of_service(service: SchoolAccountService, secret: str):
    """The unsaved SocialApp of a service, as allauth wants it."""
    found = social_app(
        SchoolAccountProvider, service.pk, name=str(service), client_id=service.client_id,
        secret=secret, server_url=service.issuer,
    )  # fmt: skip
    found.service = service
    return found


def _text(claims, name):
    value = claims.get(name)
    return value if isinstance(value, str) else ""
