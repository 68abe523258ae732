"""allauth's OpenID Connect provider, made to verify everything. Uses subclass VerifyingProvider.

allauth (65.21) sends no nonce, uses PKCE only where asked, and does not check the signature of a
token that came from the token endpoint. Here PKCE (S256), state and nonce are always used and the
token is always verified. A subclass says where the way back is (``callback_name``) and what follows
(``finish``).

On the way back: ``complete`` → ``VerifyingCallbackView.dispatch`` → allauth's own (state, then the
code for a token) → ``VerifyingAdapter.complete_login`` (verifies) → allauth's
``complete_social_login`` → ``social_adapter.pre_social_login`` → ``finish``. The last raises the answer
as ImmediateHttpResponse, so that nothing of allauth's own flow follows; ``dispatch`` catches it. A
failure returns alike, from ``on_authentication_error`` by ``failed``.
"""

import logging
import secrets

import requests
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.models import SocialToken
from allauth.socialaccount.providers.base.constants import AuthError
from allauth.socialaccount.providers.oauth2.client import OAuth2Client, OAuth2Error
from allauth.socialaccount.providers.oauth2.utils import generate_code_challenge
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise

from apps.audit.models import SecurityKind
from apps.people.services.security_events import note_security_event
from apps.signin.oidc.metadata import ServiceFailed, public_key, service_metadata
from apps.signin.oidc.outbound import one_sign_in
from apps.signin.oidc.tokens import ALGORITHMS, BadToken, ExpectedToken, verify_id_token

log = logging.getLogger(__name__)
PROCESS = "portal"  # never allauth's own "login" or "connect"
SIGN_IN, LINK = "sign_in", "link"  # what a request is for: ``purpose`` of its data


class VerifyingClient(OAuth2Client):
    """Asks for the token. A subclass may prove otherwise who we are than by a secret."""

    def client_proof(self) -> dict[str, str]:
        """What is sent besides the secret (private_key_jwt: the assertion)."""
        return {}

    def get_access_token(self, code, pkce_code_verifier=None, extra_data=None):
        """The answer of the token endpoint. Raises OAuth2Error, which holds nothing of it."""
        proof = {**(extra_data or {}), **self.client_proof()}
        try:
            return super().get_access_token(code, pkce_code_verifier, proof)
        except OAuth2Error as error:
            raise OAuth2Error("token_endpoint") from error


class VerifyingAdapter(OpenIDConnectOAuth2Adapter):
    """Endpoints from the published configuration; verifies the token that comes back."""

    client_class = VerifyingClient
    expected_nonce = ""

    def get_provider(self):
        """The provider, read once for all steps of a request."""
        if not hasattr(self, "_provider"):
            self._provider = super().get_provider()
        return self._provider

    @property
    def openid_config(self):
        """The published configuration as a dict. Raises ServiceFailed."""
        return vars(service_metadata(self.get_provider().app.settings["server_url"]))

    @property
    def basic_auth(self):
        """Whether the secret is sent by HTTP Basic; in the form unless the settings say so."""
        return self.get_provider().token_auth_method == "client_secret_basic"  # noqa: S105

    def get_callback_url(self, request, app):
        """Our address, from the settings and never from the headers of a request."""
        path = reverse(self.get_provider().callback_name, args=[app.settings["pk"]])
        return settings.PORTAL_URL + path

    def parse_token(self, data):
        """The access token alone, which is used at most once and never kept."""
        return SocialToken(token=str(data["access_token"]))

    def complete_login(self, request, app, token, **kwargs):
        """A SocialLogin with ``claims``, all of them verified. Raises OAuth2Error."""
        expected = ExpectedToken(
            issuer=app.settings["server_url"],
            client_id=app.client_id,
            nonce=self.expected_nonce,
            algorithms=frozenset(app.settings.get("algorithms", ALGORITHMS)),
        )
        jwks_uri = self.openid_config["jwks_uri"]
        try:
            claims = verify_id_token(
                kwargs["response"].get("id_token") or "",
                expected,
                lambda key_id: public_key(jwks_uri, key_id),
            )
        except BadToken as error:
            raise OAuth2Error(str(error)) from error
        provider = self.get_provider()
        provider.check_claims(claims)
        login = provider.sociallogin_from_response(request, claims)
        login.claims = claims
        return login


class VerifyingProvider(OpenIDConnectProvider):
    """A service whose tokens are verified. Subclasses set the names and ``finish``."""

    oauth2_adapter_class = VerifyingAdapter
    pkce_enabled_default = True
    supports_token_authentication = False
    callback_name = ""  # URL name of the way back; its argument is settings["pk"]
    first_page = ""  # URL name of the page where it begins

    @property
    def service(self):
        """The row of its settings, which has a municipality."""
        return self.app.service

    def check_claims(self, claims: dict) -> None:
        """Raises OAuth2Error where verified claims are not those of an allowed account."""

    def finish(self, request: HttpRequest, login) -> HttpResponse:
        """The answer for a verified ``login`` (its ``claims``, ``user`` where linked, ``state``)."""
        raise NotImplementedError

    def sentence_of(self, code: str) -> str | Promise:
        """What the person reads where nothing was proved."""
        raise NotImplementedError

    def failed(self, request: HttpRequest, code: str) -> HttpResponse:
        """The answer where nothing was proved; who stopped it comes back to where it began."""
        log.info("%s proved nothing: %s", self.id, code)
        if code == AuthError.CANCELLED:
            return redirect(self.first_page)
        return self.refused(request, self.sentence_of(code))

    def refused(self, request: HttpRequest, sentence: str | Promise) -> HttpResponse:
        """The page that says so, and a security event."""
        user = request.user if request.user.is_authenticated else None
        note_security_event(SecurityKind.SIGN_IN_FAILED, user=user, detail=self.id)
        context = {"sentence": sentence, "city_id": self.service.municipality_id}
        return render(request, f"signin/{self.id}_refused.html", context, status=403)

    def get_default_scope(self):
        """Nothing but the identifier."""
        return ["openid"]

    def get_pkce_params(self):
        """PKCE is always used, whatever the settings say."""
        return generate_code_challenge()

    def get_auth_params_from_request(self, request, action):
        """Only our own parameters: nothing of the request reaches the service."""
        return self.get_auth_params()

    def get_scope_from_request(self, request):
        """Only our own scopes."""
        return self.get_scope()

    def extract_extra_data(self, data):
        """Nothing is kept but the identifier."""
        return {}

    def extract_common_fields(self, data):
        """Nothing is taken over into the account."""
        return {}

    def extract_email_addresses(self, data):
        """No address is taken over."""
        return []

    def begin(self, request: HttpRequest, **data) -> HttpResponse:
        """Redirect to the service with state, nonce and PKCE. ``data`` comes back as state["data"]."""
        nonce = secrets.token_urlsafe(32)
        parameters = {**self.get_auth_params(), "nonce": nonce}
        sent = {"data": data, "auth_params": parameters, "nonce": nonce}
        try:
            with one_sign_in(self.service.municipality_id):
                return self.redirect(request, PROCESS, **sent)
        except (ServiceFailed, OAuth2Error) as error:
            return self.failed(request, str(error)[:60])


class VerifyingCallbackView(OAuth2CallbackView):
    """The way back from the service. ``social_adapter`` hands the result to ``finish``."""

    def dispatch(self, request, *args, **kwargs):
        """The answer of the provider: ``finish`` or ``failed``."""
        provider = self.adapter.get_provider()
        try:
            with one_sign_in(provider.service.municipality_id):
                return super().dispatch(request, *args, **kwargs)
        except ImmediateHttpResponse as answer:
            return answer.response
        except (ServiceFailed, requests.RequestException, ValueError) as error:
            return provider.failed(request, type(error).__name__)

    def _get_state(self, request, provider):
        """allauth's, which works once; its nonce is what the token must hold."""
        state, response = super()._get_state(request, provider)
        self.adapter.expected_nonce = (state or {}).get("nonce", "")
        issuer = request.GET.get("iss")  # RFC 9207
        if state is not None and issuer not in (None, provider.app.settings["server_url"]):
            return None, provider.failed(request, "issuer")
        return state, response


def complete(request: HttpRequest, provider: VerifyingProvider) -> HttpResponse:
    """The answer to a request on the way back from the service of this provider."""
    view = VerifyingCallbackView()
    view.request = request
    view.adapter = provider.get_oauth2_adapter(request)
    return view.dispatch(request)
