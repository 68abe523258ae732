"""デジタル認証アプリ as a sign-in service: what is asked of it, and which tokens count.

Only ``openid`` is asked for: the identifier, which is another one for each service (PPID). Names,
addresses, birthdays and the twelve-digit number are never asked for, stored or logged.
"""

from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.db.models import QuerySet

from apps.signin.models import MynaService
from apps.signin.myna_keys import ALGORITHM, client_assertion
from apps.signin.oidc.client import VerifyingAdapter, VerifyingClient, VerifyingProvider
from apps.signin.oidc.registry import provider_id_of, social_app

CARD_AND_PIN = "aal3"  # the acr of a sign-in with the card itself and its PIN
WITHOUT_CARD = "acr"  # the code of a refusal


class MynaClient(VerifyingClient):
    """Proves itself by a signed assertion; there is no secret."""

    signing_key = b""

    def client_proof(self):
        """The assertion for this token endpoint."""
        return client_assertion(self.signing_key, self.consumer_key, self.access_token_url)


class MynaAdapter(VerifyingAdapter):
    client_class = MynaClient

    def get_client(self, request, app):
        """The client with the key of this municipality."""
        client = super().get_client(request, app)
        client.signing_key = app.signing_key
        return client


class MynaProvider(VerifyingProvider):
    """The card of a guardian. What follows a verified one: myna_flow."""

    id = "myna"
    begin_limit, return_limit = "myna.begin", "myna.return"
    name = "デジタル認証アプリ"  # no sentence
    callback_name = "signin:myna_return"
    oauth2_adapter_class = MynaAdapter

    def get_auth_params(self):
        """The card itself is asked for, and a certificate that has not been revoked."""
        return {"acr_values": f"{CARD_AND_PIN} crl"}

    def get_scope(self):
        """The identifier alone, whatever settings say."""
        return self.get_default_scope()

    def check_claims(self, claims):
        """Raises OAuth2Error where the card itself was not used."""
        acr = claims.get("acr")
        if not isinstance(acr, str) or CARD_AND_PIN not in acr.split():
            raise OAuth2Error(WITHOUT_CARD)

    def extract_uid(self, data):
        """The identifier of the person for this service."""
        return str(data["sub"])


def links_of_service(service: MynaService) -> QuerySet[SocialAccount]:
    """The links of accounts with cards, as this service names them."""
    return SocialAccount.objects.filter(provider=provider_id_of(MynaProvider, service.pk))


def app_of_service(service: MynaService, signing_key: bytes):
    """The unsaved SocialApp of a service, as allauth wants it."""
    found = social_app(
        MynaProvider, service.pk, name=MynaProvider.name, client_id=service.client_id, secret="",
        server_url=service.issuer, algorithms=[ALGORITHM],
    )  # fmt: skip
    found.service, found.signing_key = service, signing_key
    return found
