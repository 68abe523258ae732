"""Which kind of account signs in by which method: the table, checked at every account URL."""

import uuid
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.urls import NoReverseMatch, URLPattern, get_resolver, reverse
from django.utils import timezone

from apps.people.models import Role, User
from apps.registration import urls as registration_urls
from apps.registration.models import GuardianRegistration
from apps.registration.services import letters
from apps.signin import urls as signin_urls
from apps.signin.account_pages import OPEN_TO_ALL, PREFIXES
from apps.signin.adapters import AccountAdapter
from apps.signin.services.access import access_of
from apps.signin.sign_in_methods import (
    METHODS_BY_KIND,
    AccountKind,
    SecondFactor,
    SignInMethod,
    SignInMethods,
    has_account_pages,
)
from apps.staffing import urls as staffing_urls
from tests import factories

pytestmark = pytest.mark.django_db
SECRET = factories.TOTP_SECRET
NOBODY_IN = {AccountKind.FORMER_STUDENT, AccountKind.FORMER_STAFF, AccountKind.OPERATOR}


def yesterday():
    return timezone.localdate() - timedelta(days=1)


def accounts(cast):
    """One account of every kind, each with a mail address and password that only some may use."""
    cast.ren.left_at = timezone.now()
    cast.ren.save()
    gone = factories.staff_post(Role.NURSE, cast.school, name="前の先生")
    type(gone).objects.filter(pk=gone.pk).update(begins_on=None, ends_on=yesterday())
    operator = factories.user("root@city.example", is_staff=True)
    operator.is_superuser = True
    found = {
        AccountKind.STUDENT: cast.sakura.user,
        AccountKind.FORMER_STUDENT: cast.ren.user,
        AccountKind.GUARDIAN: cast.midori.user,
        AccountKind.STAFF: cast.nurse.user,
        AccountKind.FORMER_STAFF: gone.user,
        AccountKind.OPERATOR: operator,
    }
    for user in found.values():
        with_password(user)
    return found


def with_password(user):
    """As if the account had got a mail address and a password, whatever its kind."""
    user.email = user.email or f"{uuid.uuid4().hex[:8]}@example.com"
    user.set_password(factories.PASSWORD)
    user.save()
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def account_addresses():
    """(name, path) of every URL of allauth."""
    found = [*_url_names(get_resolver().url_patterns)]
    return [(name, path) for name, path in found if name.startswith(PREFIXES)]


def _url_names(patterns):
    for one in patterns:
        if not isinstance(one, URLPattern):
            if not one.namespace:
                yield from _url_names(one.url_patterns)
            continue
        try:
            yield one.name or "", reverse(one.name)
        except NoReverseMatch:
            yield one.name or "", _with_a_number(one)


def _with_a_number(one):
    try:
        return reverse(one.name, args=[1])
    except NoReverseMatch:
        return ""


ADDRESSES = [(name, path) for name, path in account_addresses() if path]


def sign_in_by_password(client, user):
    typed = {"login": user.email, "password": factories.PASSWORD}
    return client.post(reverse("account_login"), typed, follow=True)


def is_in(client):
    return "_auth_user_id" in client.session


def all_stored_text():
    """What the account pages write."""
    return (
        list(User.objects.order_by("pk").values_list("pk", "email", "password")),
        list(EmailAddress.objects.order_by("pk").values()),
        list(Authenticator.objects.order_by("pk").values()),
    )


def test_the_table_is_this():
    all_factors = frozenset(
        {SecondFactor.TOTP, SecondFactor.SECURITY_KEY, SecondFactor.RECOVERY_CODES}
    )
    account_methods = frozenset({SignInMethod.PASSWORD, SignInMethod.PASSKEY})
    assert {
        AccountKind.STUDENT: SignInMethods(
            frozenset({SignInMethod.CARD, SignInMethod.SCHOOL_ACCOUNT, SignInMethod.LTI})
        ),
        AccountKind.FORMER_STUDENT: SignInMethods(),
        AccountKind.GUARDIAN: SignInMethods(account_methods | {SignInMethod.MYNA}, all_factors),
        AccountKind.STAFF: SignInMethods(account_methods, all_factors, asks_factor=True),
        AccountKind.FORMER_STAFF: SignInMethods(),
        AccountKind.OPERATOR: SignInMethods(),
    } == METHODS_BY_KIND


def test_every_account_url_is_tested():
    names = {name for name, _ in ADDRESSES}
    assert {"account_email", "account_set_password", "mfa_activate_totp", "mfa_edit_webauthn"} <= (
        names
    )
    assert len(names) == len(account_addresses()) >= 25


def test_each_account_is_of_its_kind(cast):
    for kind, user in accounts(cast).items():
        assert access_of(user).kind == kind


def test_a_student_opens_no_account_page_and_nothing_is_written(cast, sign_in):
    TOTP.activate(cast.sakura.user, SECRET)
    browser = sign_in(cast.sakura.user)
    before = all_stored_text()
    fields = {
        "email": "thief@example.com", "action_add": "", "password1": "まったく-べつの-ことば-9",
        "password2": "まったく-べつの-ことば-9", "oldpassword": factories.PASSWORD, "code": "123456",
        "login": "thief@example.com", "password": factories.PASSWORD,
    }  # fmt: skip
    for name, path in ADDRESSES:
        if name in OPEN_TO_ALL:
            continue
        for answer in (browser.get(path), browser.post(path, fields)):
            assert (name, answer.status_code) == (name, 403)
            assert "カードと" in answer.content.decode()
    assert all_stored_text() == before


@pytest.mark.parametrize("kind", list(AccountKind))
def test_account_pages_open_only_to_the_kinds_that_have_them(cast, kind, client):
    user = accounts(cast)[kind]
    opened = set()
    for name, path in ADDRESSES:
        factories.force_sign_in(client, user)
        answer = client.get(path)
        if answer.wsgi_request.user.is_authenticated and answer.status_code != 403:
            opened.add(name)
    all_names = {name for name, _ in ADDRESSES}
    in_at_all = set() if kind in NOBODY_IN else OPEN_TO_ALL
    assert opened == (all_names if has_account_pages(kind) else in_at_all)


@pytest.mark.parametrize("kind", list(AccountKind))
def test_only_the_kinds_of_the_table_sign_in_with_mail_and_password(cast, kind, client):
    user = accounts(cast)[kind]
    Authenticator.objects.all().delete()
    answer = sign_in_by_password(client, user)
    assert is_in(client) == (SignInMethod.PASSWORD in METHODS_BY_KIND[kind].methods)
    if kind == AccountKind.STUDENT:
        assert "カードと" in answer.content.decode()


@pytest.mark.parametrize("kind", list(AccountKind))
def test_a_code_by_mail_reaches_only_the_kinds_of_the_table(cast, kind, client, mailoutbox):
    user = accounts(cast)[kind]
    answer = client.post(reverse("account_reset_password"), {"email": user.email})
    assert answer.url == reverse("account_confirm_password_reset_code")
    has_code = "account_password_reset_verification" in client.session and bool(
        client.session["account_password_reset_verification"].get("code")
    )
    assert has_code == (SignInMethod.PASSWORD in METHODS_BY_KIND[kind].methods)


@pytest.mark.parametrize("kind", list(AccountKind))
@pytest.mark.parametrize("method", list(SignInMethod))
def test_a_session_begun_by_another_method_has_no_user(cast, kind, method, client):
    user = accounts(cast)[kind]
    backend = {
        SignInMethod.CARD: "CardBackend",
        SignInMethod.SCHOOL_ACCOUNT: "SchoolAccountBackend",
        SignInMethod.LTI: "LtiBackend",
    }.get(method, "AccountBackend")
    client.force_login(user, backend=f"apps.signin.backends.{backend}")
    answer = client.get(reverse("push:settings"))
    one_alone = {SignInMethod.CARD, SignInMethod.SCHOOL_ACCOUNT, SignInMethod.LTI}
    of_backend = {method} if method in one_alone else set(SignInMethod) - one_alone
    may = bool(METHODS_BY_KIND[kind].methods & of_backend)
    assert answer.wsgi_request.user.is_authenticated == may


@pytest.mark.parametrize("kind", [AccountKind.STUDENT, *sorted(NOBODY_IN)])
def test_no_flow_that_began_before_ends_in_a_password_or_an_address(cast, kind, rf):
    user, request = accounts(cast)[kind], rf.get("/")
    request.session = {}
    adapter = AccountAdapter(request)
    for verb in (
        lambda: adapter.set_password(user, "まったく-べつの-ことば-9"),
        lambda: adapter.confirm_email(None, EmailAddress(user=user, email="new@example.com")),
        lambda: adapter.login(request, user),
    ):
        with pytest.raises(PermissionDenied):
            verb()


def test_a_student_who_left_is_out_with_the_next_request(cast, sign_in):
    browser = sign_in(cast.sakura.user)
    assert browser.get(reverse("push:settings")).status_code == 200
    cast.sakura.left_at = timezone.now()
    cast.sakura.save()
    assert browser.get(reverse("push:settings")).status_code == 302


def test_staff_are_out_once_the_last_post_is_over(cast, sign_in):
    browser = sign_in(cast.nurse.user)
    type(cast.nurse).objects.filter(pk=cast.nurse.pk).update(begins_on=None, ends_on=yesterday())
    assert browser.get(reverse("push:settings")).status_code == 302


def test_staff_appointed_for_later_may_prepare_their_account(cast, client):
    later = factories.staff_post(Role.NURSE, cast.school, name="来月の先生")
    tomorrow = timezone.localdate() + timedelta(days=1)
    type(later).objects.filter(pk=later.pk).update(begins_on=tomorrow)
    Authenticator.objects.all().delete()
    sign_in_by_password(client, with_password(later.user))
    assert is_in(client)
    assert client.get(reverse("admin:index")).url == reverse("mfa_activate_totp")
    TOTP.activate(later.user, SECRET)
    factories.force_sign_in(client, later.user)
    assert client.get(reverse("admin:index"), follow=True).status_code == 403


def test_a_student_signs_out_at_the_address_of_accounts_too(cast, sign_in):
    browser = sign_in(cast.sakura.user)
    browser.post(reverse("account_logout"))
    assert not is_in(browser)
    assert not Session.objects.filter(session_key=browser.session.session_key).exists()


SESSION_ADDRESSES = sorted(
    f"{urls.app_name}:{one.name}"
    for urls in (signin_urls, registration_urls, staffing_urls)
    for one in urls.urlpatterns
    if one.name != "leave_proved"
)


def _address(name):
    for n_ids in range(2):
        try:
            return reverse(name, args=[uuid.uuid4() for _ in range(n_ids)])
        except NoReverseMatch:
            continue
    return reverse(name, args=[uuid.uuid4(), uuid.uuid4()])


@pytest.mark.parametrize("kind", list(AccountKind))
def test_the_addresses_of_cards_and_letters_make_nobody_somebody_else(cast, kind, client):
    user = accounts(cast)[kind]
    may_be_in = set() if kind in NOBODY_IN else {str(user.pk)}
    for name in SESSION_ADDRESSES:
        for method in ("get", "post"):
            client.force_login(user, backend=factories.auth_backend_of(user))
            answer = getattr(client, method)(_address(name), {"pin": "7305"})
            assert answer.status_code < 500, (name, method)
            signed_in = getattr(answer.wsgi_request, "user", None)  # none where no session is read
            assert (
                not signed_in or not signed_in.is_authenticated or {str(signed_in.pk)} <= may_be_in
            )


@pytest.mark.parametrize("kind", list(AccountKind))
def test_a_letter_is_accepted_by_guardians_alone(cast, kind, client):
    user = accounts(cast)[kind]
    guardian = factories.guardian(cast.sakura, "ひかる", "")
    type(guardian).objects.filter(pk=guardian.pk).update(user=None)
    guardian.refresh_from_db()
    ((_, code),) = letters.issue_guardian_letters([guardian], by=cast.principal.user)
    client.force_login(user, backend=factories.auth_backend_of(user))
    client.post(reverse("registration:letter_entry"), {"code": code})
    client.post(reverse("registration:accept_letter"), {"has_secret": "no", "tells_others": "yes"})
    assert GuardianRegistration.objects.exists() == (kind == AccountKind.GUARDIAN)
