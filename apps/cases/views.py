"""The page by which an organisation answers a referral. It shows nothing of the child."""

from django.contrib.auth.decorators import login_not_required
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.cases.models import ReferralAnswerKind
from apps.cases.services import referrals
from apps.cases.services.case_writing import CannotChangeCase
from apps.core.client_address import address_of
from apps.core.languages import COOKIE, language_for, speaking
from apps.core.limits import allow

TOO_MANY = gettext_lazy("しばらくしてから、もう一度ひらいてください。")


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def answer(request, token):
    """Show what may be answered, take one answer; a link that is over looks like a wrong one."""
    link = referrals.link_of(token)
    if (link is None or request.method == "POST") and not allow(
        "referral.answer", address_of(request)
    ):
        return _shown(request, {"why": TOO_MANY}, 429)
    if link is None:
        return _shown(request, {}, 404)
    if request.method == "POST":
        try:
            kind = ReferralAnswerKind(request.POST.get("kind", ""))
            referrals.answer_by_link(link, kind)
        except ValueError:
            return _form(request, link, _("返事を選んでください。"))
        except CannotChangeCase as error:
            return _form(request, link, str(error))
        return redirect("cases:answer", token)
    return _form(request, link)


def _form(request, link, error=""):
    context = {
        "link": link,
        "organisation": link.referral.organisation,
        "choices": [(kind.value, kind.label) for kind in referrals.next_answers(link.referral)],
        "answers": link.referral.answers.all(),
        "error": error,
    }
    return _shown(request, context, 422 if error else 200)


def _shown(request, context, status):
    """The page in adults' Japanese unless this visitor chose a language."""
    with speaking(language_for("staff", request.COOKIES.get(COOKIE, ""))):
        return render(request, "cases/answer.html", context, status=status)
