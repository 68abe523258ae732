"""Stores a form posted after the sign-in had ended, and refills it after signing in again.

It is never submitted automatically. If somebody else signs in on that browser it is deleted unseen.
"""

from django.contrib import messages
from django.shortcuts import redirect
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from apps.core.limits import allow
from apps.core.templatetags.japanese import ruby
from apps.people.account_kinds import group_of_account
from apps.signin import form_owners, sealed_cookies, unsent_forms, way_back
from apps.signin.form_refill import refill_form
from apps.signin.sign_in_required import SignInRedirect

FORM_STORED = _(
    "サインインの時間が切れていたので、まだ送っていません。書いたものは30分のあいだあずかります。"
    "サインインすると、元の画面にもう一度入れます。"
)
FORM_RESTORED = _(
    "まだ送っていません。書いてあったものを、もう一度入れました。"
    "確かめてから、もう一度送ってください(暗証番号やパスワード、ファイルは入っていません)。"
)
NOT_RESTORED = _("次のものは、入れるところが見つかりませんでした。")
SIGN_OUT_VIEWS = {"signin:leave", "signin:leave_proved"}


class UnsentFormsMiddleware:
    """Stores, restores and deletes unsent forms."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        key = request.COOKIES.get(sealed_cookies.cookie_name(unsent_forms.COOKIE_NAME), "")
        was_in = bool(key and form_owners.signed_in_pk(request))
        response = self.get_response(request)
        if request.method == "POST":
            if _has_left(request, response):
                return _forget_all(request, response, key)
            if _asks_to_sign_in(request, response):
                return _store_and_explain(request, response)
        form_owners.remember_owner(request, response)
        is_new = sealed_cookies.cookie_name(unsent_forms.COOKIE_NAME) in response.cookies
        if key and not is_new and form_owners.signed_in_pk(request):
            return _restore_form(request, response, key, was_in)
        return response


def store_posted_form(request) -> str:
    """Store the posted form for the user it was rendered for; returns the key, or ""."""
    if request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate":
        return ""  # scripts store their own unsent requests
    owner = form_owners.owner_of_posted_form(request)
    if owner is None or form_owners.signed_in_pk(request) not in ("", owner.user_pk):
        return ""
    form = unsent_forms.read_posted_form(request, owner.user_pk)
    if form is None or not allow("unsent", owner.user_pk):
        return ""
    return unsent_forms.store_form(form)


def set_form_key(request, response, key: str) -> None:
    """Give the browser the new key; the form of an earlier key is deleted."""
    before = request.COOKIES.get(sealed_cookies.cookie_name(unsent_forms.COOKIE_NAME), "")
    if before:
        unsent_forms.delete_form(before)
    sealed_cookies.set_cookie(response, unsent_forms.COOKIE_NAME, key, unsent_forms.LIFETIME_S)


def _has_left(request, response):
    at = request.resolver_match
    return at is not None and at.view_name in SIGN_OUT_VIEWS and response.status_code < 400


def _asks_to_sign_in(request, response):
    return isinstance(response, SignInRedirect) and not form_owners.signed_in_pk(request)


def _store_and_explain(request, response):
    key = store_posted_form(request)
    if key:
        set_form_key(request, response, key)
        if not form_owners.last_signed_in(
            request
        ).is_student:  # the next user of a shared tablet reads nothing
            messages.info(request, FORM_STORED)
    return response


def _restore_form(request, response, key, was_in):
    form = unsent_forms.find_form(key)
    if form is None or not _may_get(request, form):
        return _delete_form(response, key)
    if not was_in and response.status_code == 302:  # has just signed in
        leading = redirect(form.page)
        leading.cookies = response.cookies
        return leading
    is_page = response.status_code == 200 and response.get("Content-Type", "").startswith(
        "text/html"
    )
    if request.method == "GET" and is_page and request.path == form.page.partition("?")[0]:
        return _filled(request, response, form)
    if request.method == "POST" and request.path == form.action and response.status_code != 403:
        return _delete_form(response, key)
    return response


def _may_get(request, form):
    """Whether this user may get the form: who typed it, unless the PIN is new and unconfirmed."""
    if form.user_pk != form_owners.signed_in_pk(request):
        return False
    student = request.user.student if group_of_account(request.user) == "student" else None
    closed_before = student.closed_before if student is not None else None
    return closed_before is None or form.kept_at > closed_before.timestamp()


def _filled(request, response, form):
    page = response.content.decode(response.charset)
    head, rest, left = refill_form(page, request.get_full_path(), form.action, form.values)
    if not rest:
        return response
    note = format_html('<p class="note" role="status">{}</p>', ruby(FORM_RESTORED))
    if left:
        texts = format_html_join("", "<li>{}</li>", ((text,) for text in left))
        note += format_html(
            '<div class="note"><p>{}</p><ul>{}</ul></div>', ruby(NOT_RESTORED), texts
        )
    response.content = f"{head}{note}{rest}".encode(response.charset)
    return response


def _delete_form(response, key):
    unsent_forms.delete_form(key)
    sealed_cookies.delete_cookie(response, unsent_forms.COOKIE_NAME)
    return response


def _forget_all(request, response, key):
    if key:
        unsent_forms.delete_form(key)
    sealed_cookies.delete_cookie(response, unsent_forms.COOKIE_NAME)
    sealed_cookies.delete_cookie(response, form_owners.COOKIE_NAME)
    way_back.forget_way_back(request, response)
    return response
