"""What follows a verified My Number card: a sign-in, a link that was asked for, or a refusal."""

from uuid import UUID

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.contrib import messages
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core import crypto
from apps.signin.myna_provider import WITHOUT_CARD, MynaProvider, app_of_service
from apps.signin.oidc.client import LINK
from apps.signin.oidc.registry import register_service
from apps.signin.services import myna_links, myna_services
from apps.signin.services.myna_services import signing_key_of

LINKED = _("マイナンバーカードとつながりました。次からは、カードでも入れます。")
NOT_PROVED = _(
    "カードで確かめられませんでした。もう一度試すか、メールアドレスとパスワードで入ってください。"
)
CARD_NEEDED = _("マイナンバーカードの読み取りが要ります。もう一度試してください。")


class MynaFlow(MynaProvider):
    """The provider with its answers."""

    first_page = "signin:myna"

    def finish(self, request, login):
        """A session, or the guardian's own link."""
        data = login.state.get("data") or {}
        try:
            if data.get("purpose") == LINK:
                return self._link(request, login.account.uid, data.get("user"))
            return self._sign_in(request, login.account.uid)
        except myna_links.CannotUseMyna as error:
            return self.refused(request, str(error))

    def sentence_of(self, code):
        """That the card itself is needed, or has proved nothing."""
        return CARD_NEEDED if code == WITHOUT_CARD else NOT_PROVED

    def _sign_in(self, request, uid):
        if request.user.is_authenticated:
            return redirect("portal:home")
        user = myna_links.user_of_myna(self.service, uid)
        record_authentication(request, user, MynaProvider.id)
        return perform_login(request, Login(user=user))

    def _link(self, request, uid, user_id):
        if not request.user.is_authenticated or str(request.user.pk) != user_id:
            raise myna_links.CannotUseMyna(str(NOT_PROVED))
        myna_links.link_myna(self.service, request.user, uid, request)
        messages.success(request, gettext(LINKED))
        return redirect("signin:myna")


def register() -> None:
    """Make the services known to allauth's adapter; called once, when the app is ready."""
    register_service(MynaFlow, _find)


def _find(pk):
    try:
        found = myna_services.service_in_use(UUID(pk))
        return found and app_of_service(found, signing_key_of(found))
    except (ValueError, crypto.CannotUnseal):
        return None
