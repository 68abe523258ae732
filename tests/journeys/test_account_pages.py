"""The pages of accounts on a phone and at a desk, and a page whose sign-in has ended."""

import pytest
from django.urls import reverse

from apps.people.models import PendingAct, Role
from tests import factories
from tests.journeys.test_guardian_awaiting_confirmation import enter
from tests.signin.account_helpers import with_factor, with_password

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
DARK = pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])


def prove(visitor):
    """Type the password on the page that asks again."""
    visitor.page.fill('input[name="password"]', factories.PASSWORD)
    visitor.page.click("main form button:not([formaction])")


@DARK
def test_a_guardian_changes_the_account_on_a_phone(walker, cast, dark):
    user, which = with_password(cast.midori.user), "dark" if dark else "light"
    visitor = enter(walker("phone", dark=dark), user)
    visitor.go(reverse("account_email"))
    visitor.check(f"account-again-{which}")
    prove(visitor)
    visitor.page.wait_for_url(f"**{reverse('account_email')}")
    for name in (
        "account_email", "account_change_password", "mfa_index", "mfa_activate_totp",
    ):  # fmt: skip
        visitor.go(reverse(name))
        visitor.check(f"{name}-{which}")


@DARK
def test_the_entrances_fit_a_phone(walker, cast, dark):
    which = "dark" if dark else "light"
    visitor = walker("phone", dark=dark)
    for name in ("account_login", "account_reset_password"):
        visitor.go(reverse(name))
        visitor.check(f"{name}-{which}")


@DARK
def test_a_student_is_told_that_account_pages_are_not_theirs(walker, cast, dark):
    visitor = enter(walker("tablet", dark=dark), cast.sakura.user)
    visitor.page.goto(f"{visitor.base}{reverse('account_email')}")
    assert "カード" in visitor.page.inner_text("main")
    visitor.complaints.clear()  # the browser notes the 403
    visitor.check(f"account-of-a-student-{'dark' if dark else 'light'}")


@DARK
def test_a_lost_second_factor_at_the_desk(walker, cast, dark):
    which = "dark" if dark else "light"
    with_factor(cast.nurse.user)
    factories.staff_post(Role.PRIVACY, of=cast.city, name="個人情報の担当")
    visitor = enter(walker("desk", dark=dark), cast.helpdesk.user)
    visitor.go(reverse("admin:people_user_change", args=[cast.nurse.user.pk]))
    visitor.check(f"account-lost-factor-{which}")
    visitor.page.get_by_role("button", name="2段階の認証をなくす").click()
    visitor.page.wait_for_url("**/propose/**")
    assert "登録しなおす" in visitor.page.inner_text("main, #content")
    visitor.check(f"account-lost-factor-why-{which}")
    assert not PendingAct.objects.exists()
