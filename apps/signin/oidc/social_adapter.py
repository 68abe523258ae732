"""allauth's adapter for accounts of other services: it never links or signs up by itself.

What may follow a verified sign-in is decided by the provider (``VerifyingProvider.finish``), not by
allauth's own flow. Services come from the tables of this portal (``registry``), never from
SocialApp rows or settings.
"""

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp

from apps.signin.oidc.outbound import OutboundSession
from apps.signin.oidc.registry import find_service


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Every way on leads through the provider's own ``finish`` and ``failed``."""

    def is_open_for_signup(self, request, sociallogin):
        """No account is made by signing in elsewhere."""
        return False

    def is_auto_signup_allowed(self, request, sociallogin):
        """Never."""
        return False

    def can_authenticate_by_email(self, login, email):
        """An address links nothing."""
        return False

    def authenticate_by_email(self, sociallogin):
        """An address links nothing."""
        return None

    def populate_user(self, request, sociallogin, data):
        """Nothing is taken over from the other service."""
        return sociallogin.user

    def pre_social_login(self, request, sociallogin):
        """Leaves allauth's flow: the provider decides what a verified sign-in leads to."""
        raise ImmediateHttpResponse(sociallogin.provider.finish(request, sociallogin))

    def on_authentication_error(
        self, request, provider, error=None, exception=None, extra_context=None
    ):
        """Leaves allauth's flow: the provider says that nothing was proved."""
        code = str(exception or error or "unknown")[:60]
        raise ImmediateHttpResponse(provider.failed(request, code))

    def list_apps(self, request, provider=None, client_id=None):
        """The service with this ``provider_id``, in a list; nothing without one."""
        found = find_service(provider) if provider else None
        fits = found is not None and client_id in (None, found.client_id)
        return [found] if fits else []

    def get_app(self, request, provider, client_id=None):
        """The service with this ``provider_id``. Raises SocialApp.DoesNotExist."""
        found = self.list_apps(request, provider, client_id)
        if not found:
            raise SocialApp.DoesNotExist
        return found[0]

    def get_requests_session(self):
        """The portal's own HTTP client, which connects only where the operator allows it."""
        return OutboundSession()

    def send_notification_mail(self, *args, **kwargs):
        """None: the service of each use tells its people in its own words."""
