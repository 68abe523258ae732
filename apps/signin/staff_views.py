"""Coming in as invited staff: the number from the mail, then the code that was told by voice."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.core.client_address import address_of
from apps.core.limits import allow
from apps.signin import carried_codes, chosen_post, codes
from apps.signin.carried_codes import STAFF
from apps.signin.forms import CodeForm
from apps.signin.services import first_two, staff_invitations
from apps.signin.services.staff_invitations import NOT_USABLE, CannotJoin


class VoiceForm(forms.Form):
    """The code that the inviting person told by voice."""

    code = forms.CharField(
        label="声で聞いた番号", max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
        error_messages={"required": "招待した人から声で聞いた番号を入れてください。"},
    )  # fmt: skip


class FirstForm(forms.Form):
    """Who takes one of the first two places."""

    name = forms.CharField(
        label="名前(姓 名)", max_length=120, error_messages={"required": "名前を入れてください。"}
    )
    mail = forms.EmailField(
        label="仕事のメールアドレス", max_length=254,
        error_messages={
            "required": "メールアドレスを入れてください。",
            "invalid": "メールアドレスの書き方を確かめてください。",
        },
    )  # fmt: skip


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def staff(request):
    """The number, sent by scanned_code.js from behind the ``#`` of the address, or typed."""
    form = CodeForm(request.POST if request.method == "POST" else None)
    form.fields["code"].label = "メールにある番号"
    if request.method == "POST" and form.is_valid():
        answer = redirect("signin:staff_join")
        carried_codes.keep(answer, STAFF, codes.normal(form.cleaned_data["code"]))
        return answer
    status = 422 if form.is_bound else 200
    return render(request, "signin/staff.html", {"form": form}, status=status)


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def staff_join(request):
    """The second half; afterwards the password is chosen by a code to the invited address."""
    number = carried_codes.code_in(request, STAFF)
    if not number:
        return redirect("signin:staff")
    try:
        invitation = staff_invitations.invitation_of(number)
    except CannotJoin as error:
        allow("letter.unknown", address_of(request))  # guessed numbers are noticed
        return _refused(request, str(error))
    make = FirstForm if invitation.is_first else VoiceForm
    form = make(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            post = _join(request, number, invitation, form.cleaned_data)
            return _joined(request, post)
        except CannotJoin as error:
            if str(error) == NOT_USABLE:
                return _refused(request, str(error))
            form.add_error(None, str(error))
    context = {"form": form, "invitation": invitation}
    status = 422 if form.is_bound else 200
    return render(request, "signin/staff_join.html", context, status=status)


def _join(request, number, invitation, data):
    if invitation.is_first:
        return first_two.come(number, data["mail"], data["name"])
    signed_in = request.user if request.user.is_authenticated else None
    return staff_invitations.join(number, data["code"], signed_in=signed_in)


def _joined(request, post):
    context = {"post": post, "is_new": not post.user.has_usable_password()}
    answer = render(request, "signin/staff_joined.html", context)
    carried_codes.drop(answer, STAFF)
    return answer


def _refused(request, why):
    answer = render(request, "signin/staff_refused.html", {"why": why}, status=422)
    carried_codes.drop(answer, STAFF)
    return answer


@never_cache
@require_http_methods(["GET", "POST"])
def first(request):
    """The first two: each confirms the other (apps.signin.factor_gate asks for the factor first)."""
    own, others = first_two.waiting_post_of(request.user), first_two.to_confirm(request.user)
    if own is None and not others.exists():
        if request.user.is_staff and request.user.current_posts:
            return redirect("admin:index")
        raise PermissionDenied("このページは、はじめの二人のためのものです。")
    if request.method == "POST":
        try:
            first_two.confirm(request.POST.get("post") or None, by=request.user)
            messages.success(request, "確かめたことを記録しました。")
        except (CannotJoin, ValidationError):
            messages.error(request, "もう決まったか、確かめられない人です。")
        return redirect("signin:first_two")
    return render(request, "signin/first_two.html", {"own": own, "others": others})


@never_cache
@require_http_methods(["GET", "POST"])
def choose_post(request):
    """In which of several posts one works; a POST chooses."""
    held = chosen_post.held_by(request)
    if request.method == "POST":
        post = chosen_post.choose(request, request.POST.get("post", ""))
        messages.success(request, f"いまの担当: {post}")
        return redirect("admin:index")
    if not held:
        raise PermissionDenied("職員の画面です。担当に決まっている人だけが入れます。")
    on = request.user.current_posts[0]
    return render(request, "signin/choose_post.html", {"held": held, "on": on})
