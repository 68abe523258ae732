"""What follows a verified school account: a session, a link made with the card, or a refusal."""

import logging
from uuid import UUID

from allauth.socialaccount.providers.base.constants import AuthError
from django.contrib import messages
from django.contrib.auth import BACKEND_SESSION_KEY, login
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.audit.models import SecurityKind
from apps.people.services.security_events import note_security_event
from apps.signin.backends import BACKEND_PATHS
from apps.signin.models import SchoolAccountService
from apps.signin.oidc.registry import register_service
from apps.signin.school_account_provider import (
    WRONG_SCHOOL,
    SchoolAccountProvider,
    app_of_service,
)
from apps.signin.services import school_accounts
from apps.signin.services.school_account_services import secret_of
from apps.signin.sign_in_methods import SignInMethod
from apps.signin.student_devices import mark_student_device

log = logging.getLogger(__name__)
SIGN_IN, LINK = "sign_in", "link"
LINKED = _("学校のアカウントとつながりました。次からは、このアカウントと暗証番号で入れます。")
OTHER_SCHOOL = _(
    "このアカウントは、この学校のものではありません。学校のアカウントを選んでください。"
)
NOT_PROVED = _("アカウントを確かめられませんでした。もう一度試すか、カードで入ってください。")
WITH_CARD_ONLY = _("つなぐときは、カードと暗証番号で入ってください。")


class SchoolAccountFlow(SchoolAccountProvider):
    """The provider with its answers."""

    def finish(self, request, login):
        """A session, or the student's own link."""
        data = login.state.get("data") or {}
        try:
            if data.get("purpose") == LINK:
                return self._link(request, login, data.get("student"))
            return self._sign_in(request, login)
        except school_accounts.CannotUseAccount as error:
            return self._refused(request, str(error))

    def failed(self, request, code):
        """The page that says so; for who stopped it themselves the page where it began."""
        log.info("a school account proved nothing: %s", code)
        if code == AuthError.CANCELLED:
            return redirect("signin:school_accounts")
        return self._refused(request, OTHER_SCHOOL if code == WRONG_SCHOOL else NOT_PROVED)

    def _sign_in(self, request, verified):
        user = school_accounts.user_of_account(self.service, verified.account.uid)
        login(request, user, backend=BACKEND_PATHS[SignInMethod.SCHOOL_ACCOUNT])
        answer = redirect("portal:home")  # asks for the PIN first
        mark_student_device(answer)
        return answer

    def _link(self, request, verified, student_id):
        student = getattr(request.user, "student", None)
        if student is None or str(student.pk) != student_id or not is_by_card(request):
            raise school_accounts.CannotUseAccount(WITH_CARD_ONLY)
        school_accounts.link_account(
            self.service,
            student,
            uid=verified.account.uid,
            names=self.account_names(verified.claims),
        )
        messages.success(request, gettext(LINKED))
        return redirect("signin:own_school_account")

    def _refused(self, request, sentence):
        note_security_event(
            SecurityKind.SIGN_IN_FAILED,
            user=request.user if request.user.is_authenticated else None,
            detail="school_account",
        )
        context = {"sentence": sentence, "city_id": self.service.municipality_id}
        return render(request, "signin/school_account_refused.html", context, status=403)


def is_by_card(request) -> bool:
    """Whether this session began with the student's card."""
    return request.session.get(BACKEND_SESSION_KEY) == BACKEND_PATHS[SignInMethod.CARD]


def register() -> None:
    """Make the services known to allauth's adapter; called once, when the app is ready."""
    register_service(SchoolAccountFlow, _find)


def _find(pk):
    try:
        found = SchoolAccountService.objects.filter(pk=UUID(pk), is_on=True).first()
    except ValueError:
        return None
    return found and app_of_service(found, secret_of(found))
