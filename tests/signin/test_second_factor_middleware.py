"""Every URL and every kind of account, with and without the second factor used in this session."""

import uuid

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.urls import NoReverseMatch, URLPattern, get_resolver, resolve, reverse

from apps.people.account_kind_rules import AccountKind
from apps.people.account_kinds import fetch_kind
from apps.people.models import Guardian
from apps.signin.second_factor_middleware import SecondFactorMiddleware
from apps.signin.sign_in_methods import METHODS_BY_KIND
from tests import factories

pytestmark = pytest.mark.django_db
# Of allauth's and the admin's URLs; the other public ones are in tests/test_architecture.py.
SIGNING_IN_AND_OUT = {
    "account_complete_password_reset", "account_confirm_login_code",
    "account_confirm_password_reset_code", "account_email_verification_sent", "account_inactive",
    "account_login", "account_logout", "account_password_reset_completed",
    "account_reset_password", "account_signup", "admin:login", "admin:logout", "mfa_authenticate",
}  # fmt: skip
PROVING = {"account_reauthenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn"}
ENROLLING = {"mfa_activate_totp", "mfa_add_webauthn", "mfa_index"}
ENROL = reverse("mfa_activate_totp")


def addresses():
    """{path: name} of every URL, with some value for its parameters."""
    return dict(_url_names(get_resolver().url_patterns))


def _url_names(patterns, namespace=""):
    for one in patterns:
        if not isinstance(one, URLPattern):
            inner = f"{namespace}{one.namespace}:" if one.namespace else namespace
            yield from _url_names(one.url_patterns, inner)
        elif path := _path_of(one, namespace):
            yield path, resolve(path).view_name


def _path_of(one, namespace):
    for value in (None, uuid.UUID(int=7), "7", "attendance"):
        try:
            args = [value] * (one.pattern.regex.groups if value else 0)
            return reverse(f"{namespace}{one.name}", args=args)
        except NoReverseMatch:
            continue
    return ""


ADDRESSES = addresses()


@pytest.fixture
def both(cast):
    """A nurse of the school who is the guardian of a student there."""
    guardianship = cast.midori
    Guardian.objects.filter(pk=guardianship.pk).update(user=cast.nurse.user)
    return cast.nurse.user


def accounts(cast, both):
    return {
        "student": cast.sakura.user,
        "guardian": cast.other_guardian.user,
        "staff": cast.officer.user,
        "staff and guardian": both,
    }


def by_password_alone(client, user):
    """Like ``factories.enter``, but without the second factor."""
    client.force_login(user, backend=factories.auth_backend_of(user))
    return client


def is_public(path):
    return not getattr(resolve(path).func, "login_required", True)


def passes(rf, user, session, path):
    """Whether the middleware lets this session reach the view of a URL."""
    request = rf.get(path)
    request.user, request.session, request._messages = user, session, _Messages()
    request.resolver_match = found = resolve(path)
    try:
        return (
            SecondFactorMiddleware(None).process_view(request, found.func, found.args, found.kwargs)
            is None
        )
    except PermissionDenied:
        return False


class _Messages:
    def add(self, *message):
        """Where messages.info stores its messages."""


def test_nearly_every_url_is_tested():
    all_names = set(ADDRESSES.values())
    assert len(ADDRESSES) > 300
    assert {
        "disclosure:personal_data",
        "consent:overview",
        "signin:sessions",
        "admin:index",
    } <= all_names
    assert {"push:settings", "helpline:help", "selfinfo:begin"} & all_names


@pytest.mark.parametrize("is_used", [True, False])
@pytest.mark.parametrize("who", ["student", "guardian", "staff", "staff and guardian"])
def test_only_public_addresses_and_the_factors_open_before_it_is_used(
    cast, both, client, rf, who, is_used
):
    user = accounts(cast, both)[who]
    (factories.force_sign_in if is_used else by_password_alone)(client, user)
    session = client.session
    opened = {name for path, name in ADDRESSES.items() if passes(rf, user, session, path)}
    if is_used or not METHODS_BY_KIND[fetch_kind(user)].asks_factor:
        assert opened == set(ADDRESSES.values())
    else:
        public = {name for path, name in ADDRESSES.items() if is_public(path)}
        assert opened == public | SIGNING_IN_AND_OUT | PROVING
        assert {name for name in public if name.startswith(("account_", "mfa_", "admin:"))} <= (
            SIGNING_IN_AND_OUT | {"admin:jsi18n"}
        )


def test_without_any_factor_only_setting_one_up_opens_beside_them(cast, client, rf):
    user = cast.officer.user
    Authenticator.objects.filter(user=user).delete()
    session = by_password_alone(client, user).session
    opened = {name for path, name in ADDRESSES.items() if passes(rf, user, session, path)}
    public = {name for path, name in ADDRESSES.items() if is_public(path)}
    assert opened == public | {"admin:logout"} | PROVING | ENROLLING


@pytest.mark.parametrize("has_factor", [True, False])
def test_over_the_web_no_page_of_a_staff_account_opens_before_the_factor(
    cast, both, client, has_factor
):
    if not has_factor:
        Authenticator.objects.filter(user=both).delete()
    by_password_alone(client, both)
    ahead = reverse("mfa_reauthenticate") if has_factor else ENROL
    opened = PROVING | ({"admin:logout"} if has_factor else ENROLLING | {"admin:logout"})
    for path, name in ADDRESSES.items():
        if is_public(path) or name in opened or name.startswith("admin:"):
            continue
        assert client.get(path).url.partition("?")[0] == ahead, name


def test_a_guardian_who_is_staff_reads_the_childs_pages_after_the_factor_alone(
    cast, both, client, sign_in
):
    by_password_alone(client, both)
    after = sign_in(both)
    for name in ("consent:overview", "disclosure:personal_data", "disclosure:access_log"):
        path = reverse(name, args=[cast.sakura.pk])
        refused = client.get(path)
        assert refused.status_code == 302 and refused.url == reverse("mfa_reauthenticate"), name
        assert after.get(path).status_code == 200, name


def test_the_own_sessions_are_shown_to_staff_after_the_factor_alone(cast, client, sign_in):
    by_password_alone(client, cast.nurse.user)
    assert client.get(reverse("signin:sessions")).status_code == 302
    page = sign_in(cast.nurse.user).get(reverse("signin:sessions"))
    assert "signin/sessions_staff.html" in {template.name for template in page.templates}


def test_what_is_posted_before_the_factor_writes_nothing(cast, both, client):
    by_password_alone(client, both)
    answer = client.post(reverse("signin:end_others"))
    assert answer.status_code == 302
    assert Session.objects.count() == 1


def test_a_script_is_refused_and_not_led_elsewhere(cast, both, client):
    by_password_alone(client, both)
    answer = client.get(reverse("push:settings"), headers={"Sec-Fetch-Mode": "cors"})
    assert answer.status_code == 403


def test_a_guardian_without_a_post_needs_no_second_factor(cast, client):
    user = cast.midori.user
    assert fetch_kind(user) == AccountKind.GUARDIAN
    by_password_alone(client, user)
    assert client.get(reverse("consent:overview", args=[cast.sakura.pk])).status_code == 200
