"""Pages for invited staff: the mailed number, then the code told by telephone."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.core.client_address import address_of
from apps.core.limits import allow
from apps.signin import code_cookies, codes
from apps.signin.code_cookies import STAFF
from apps.signin.forms import TypedCodeForm
from apps.staffing import chosen_post
from apps.staffing.forms import InitialStaffForm, VoiceCodeForm
from apps.staffing.services import initial_staff, invitations
from apps.staffing.services.invitations import CannotJoin, NotUsable


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def enter_number(request):
    """Accept the number: sent by scanned_code.js from the URL's fragment, or typed."""
    form = TypedCodeForm(request.POST if request.method == "POST" else None)
    form.fields["code"].label = _("メールにある番号")
    if request.method == "POST" and form.is_valid():
        answer = redirect("staffing:join")
        code_cookies.set_code_cookie(
            answer, STAFF, codes.normalise_typed_code(form.cleaned_data["code"])
        )
        return answer
    status = 422 if form.is_bound else 200
    return render(request, "staffing/enter_number.html", {"form": form}, status=status)


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def join(request):
    """Ask for the code; afterwards the password is set by a code to the invited address."""
    number = code_cookies.code_of_request(request, STAFF)
    if not number:
        return redirect("staffing:enter_number")
    try:
        invitation = invitations.find_invitation(number)
    except CannotJoin as error:
        allow("letter.unknown", address_of(request))  # guessed numbers are recorded
        return _refused(request, str(error))
    make = InitialStaffForm if invitation.is_first else VoiceCodeForm
    form = make(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            post = _join(request, number, invitation, form.cleaned_data)
            return _joined(request, post)
        except NotUsable as error:
            return _refused(request, str(error))
        except CannotJoin as error:
            form.add_error(None, str(error))
    context = {"form": form, "invitation": invitation}
    status = 422 if form.is_bound else 200
    return render(request, "staffing/join.html", context, status=status)


def _join(request, number, invitation, data):
    if invitation.is_first:
        return initial_staff.join_initial_staff(number, data["mail"], data["name"])
    signed_in = request.user if request.user.is_authenticated else None
    return invitations.accept_invitation(number, data["code"], signed_in=signed_in)


def _joined(request, post):
    context = {"post": post, "is_new": not post.user.has_usable_password()}
    answer = render(request, "staffing/joined.html", context)
    code_cookies.delete_code_cookie(answer, STAFF)
    return answer


def _refused(request, why):
    answer = render(request, "staffing/refused.html", {"why": why}, status=422)
    code_cookies.delete_code_cookie(answer, STAFF)
    return answer


@never_cache
@require_http_methods(["GET", "POST"])
def confirm_initial_staff(request):
    """Each of the first two confirms the other (apps.signin.second_factor_middleware asks for the
    factor first).
    """
    own, others = (
        initial_staff.unconfirmed_post_of(request.user),
        initial_staff.posts_to_confirm(request.user),
    )
    if own is None and not others.exists():
        if request.user.is_staff and request.user.current_posts:
            return redirect("admin:index")
        raise PermissionDenied(_("このページは、はじめの二人のためのものです。"))
    if request.method == "POST":
        try:
            initial_staff.confirm_post(request.POST.get("post") or None, by=request.user)
            messages.success(request, _("確かめたことを記録しました。"))
        except (CannotJoin, ValidationError):
            messages.error(request, _("もう決まったか、確かめられない人です。"))
        return redirect("staffing:confirm_initial_staff")
    return render(request, "staffing/confirm_initial_staff.html", {"own": own, "others": others})


@never_cache
@require_http_methods(["GET", "POST"])
def choose_post(request):
    """Choose the post to work in."""
    held = chosen_post.posts_held(request)
    if request.method == "POST":
        post = chosen_post.set_chosen_post(request, request.POST.get("post", ""))
        messages.success(request, _("いまの担当: %(post)s") % {"post": post})
        return redirect("admin:index")
    if not held:
        raise PermissionDenied(_("職員の画面です。担当に決まっている人だけが入れます。"))
    on = request.user.current_posts[0]
    return render(request, "staffing/choose_post.html", {"held": held, "on": on})
