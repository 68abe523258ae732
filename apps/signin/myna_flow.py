"""What follows a verified My Number card: a sign-in, a link that was asked for, or a refusal."""

import logging
from uuid import UUID

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.socialaccount.providers.base.constants import AuthError
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.audit.models import SecurityKind
from apps.core import crypto
from apps.people.services.security_events import note_security_event
from apps.signin.models import MynaService
from apps.signin.myna_provider import WITHOUT_CARD, MynaProvider, app_of_service
from apps.signin.oidc.registry import register_service
from apps.signin.services import myna_links
from apps.signin.services.myna_services import signing_key_of

log = logging.getLogger(__name__)
SIGN_IN, LINK = "sign_in", "link"
LINKED = _("マイナンバーカードとつながりました。次からは、カードでも入れます。")
NOT_PROVED = _(
    "カードで確かめられませんでした。もう一度試すか、メールアドレスとパスワードで入ってください。"
)
CARD_NEEDED = _("マイナンバーカードの読み取りが要ります。もう一度試してください。")


class MynaFlow(MynaProvider):
    """The provider with its answers."""

    def finish(self, request, login):
        """A session, or the guardian's own link."""
        data = login.state.get("data") or {}
        try:
            if data.get("purpose") == LINK:
                return self._link(request, login.account.uid, data.get("user"))
            return self._sign_in(request, login.account.uid)
        except myna_links.CannotUseMyna as error:
            return self._refused(request, str(error))

    def failed(self, request, code):
        """The page that says so; for who stopped it themselves the page where it began."""
        log.info("the My Number card proved nothing: %s", code)
        if code == AuthError.CANCELLED:
            return redirect("signin:myna")
        return self._refused(request, CARD_NEEDED if code == WITHOUT_CARD else NOT_PROVED)

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

    def _refused(self, request, sentence):
        note_security_event(
            SecurityKind.SIGN_IN_FAILED,
            user=request.user if request.user.is_authenticated else None,
            detail=MynaProvider.id,
        )
        context = {"sentence": sentence, "city_id": self.service.municipality_id}
        return render(request, "signin/myna_refused.html", context, status=403)


def register() -> None:
    """Make the services known to allauth's adapter; called once, when the app is ready."""
    register_service(MynaFlow, _find)


def _find(pk):
    try:
        found = MynaService.objects.filter(pk=UUID(pk), is_on=True).first()
        return found and app_of_service(found, signing_key_of(found))
    except (ValueError, crypto.CannotUnseal):
        return None
