"""What follows a verified school account: a session, a link made with the card, or a refusal."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth import login
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.signin.backends import BACKEND_PATHS
from apps.signin.oidc.client import LINK
from apps.signin.oidc.registry import register_service
from apps.signin.pin_first import was_begun_with_card
from apps.signin.school_account_provider import (
    WRONG_SCHOOL,
    SchoolAccountProvider,
    app_of_service,
)
from apps.signin.services import school_account_services, school_accounts
from apps.signin.services.school_account_services import secret_of
from apps.signin.sign_in_methods import SignInMethod
from apps.signin.student_devices import mark_student_device

LINKED = _("学校のアカウントとつながりました。次からは、このアカウントと暗証番号で入れます。")
OTHER_SCHOOL = _(
    "このアカウントは、この学校のものではありません。学校のアカウントを選んでください。"
)
NOT_PROVED = _("アカウントを確かめられませんでした。もう一度試すか、カードで入ってください。")
WITH_CARD_ONLY = _("つなぐときは、カードと暗証番号で入ってください。")


class SchoolAccountFlow(SchoolAccountProvider):
    """The provider with its answers."""

    first_page = "signin:school_accounts"

    def finish(self, request, login):
        """A session, or the student's own link."""
        data = login.state.get("data") or {}
        try:
            if data.get("purpose") == LINK:
                return self._link(request, login, data.get("student"))
            return self._sign_in(request, login)
        except school_accounts.CannotUseAccount as error:
            return self.refused(request, str(error))

    def sentence_of(self, code):
        """That the account is another school's, or has proved nothing."""
        return OTHER_SCHOOL if code == WRONG_SCHOOL else NOT_PROVED

    def _sign_in(self, request, verified):
        user = school_accounts.user_of_account(self.service, verified.account.uid)
        login(request, user, backend=BACKEND_PATHS[SignInMethod.SCHOOL_ACCOUNT])
        answer = redirect("portal:home")  # asks for the PIN first
        mark_student_device(answer)
        return answer

    def _link(self, request, verified, student_id):
        student = getattr(request.user, "student", None)
        if student is None or str(student.pk) != student_id or not was_begun_with_card(request):
            raise school_accounts.CannotUseAccount(WITH_CARD_ONLY)
        school_accounts.link_account(
            self.service,
            student,
            uid=verified.account.uid,
            names=self.account_names(verified.claims),
        )
        messages.success(request, gettext(LINKED))
        return redirect("signin:own_school_account")


def register() -> None:
    """Make the services known to allauth's adapter; called once, when the app is ready."""
    register_service(SchoolAccountFlow, _find)


def _find(pk):
    try:
        found = school_account_services.service_in_use(UUID(pk))
    except ValueError:
        return None
    return found and app_of_service(found, secret_of(found))
