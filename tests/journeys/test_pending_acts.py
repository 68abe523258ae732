"""A change that ends something: shown to the first person, confirmed by the second, on real pages."""

import pytest
from django.conf import settings
from django.urls import reverse

from apps.consent.models import Purpose, PurposePolicy
from apps.consent.services.purpose_status import is_effective
from apps.people.models import ActState, Role
from tests import factories
from tests.people.act_scenarios import the_act

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def enter(walker, client, size):
    who = walker(size)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    who.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": who.base}])
    return who


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_one_person_asks_and_another_agrees(transactional_db, cast, walker, sign_in, size):
    for student in (cast.sakura, cast.ren):
        factories.make_effective(student, Purpose.ATTENDANCE)
    second = factories.staff_post(Role.PRIVACY, of=cast.city)
    policy = PurposePolicy.objects.get()
    first = enter(walker, sign_in(cast.officer.user), size)
    first.go(reverse("admin:consent_purposepolicy_change", args=[policy.pk]))
    first.page.get_by_label("たずねる").uncheck()
    first.page.get_by_role("button", name="保存", exact=True).click()
    first.page.get_by_label("なぜ変えるのか").fill("事業の見直しのため")
    first.check(f"staff-{size}-change-shown")
    first.press("変更をはじめる")
    first.page.get_by_text("まだ何も消えていません").wait_for()
    first.check(f"staff-{size}-change-waits")
    assert not is_effective(cast.sakura, Purpose.ATTENDANCE)

    other = enter(walker, sign_in(second.user), size)
    other.go(reverse("admin:index"))
    other.check(f"staff-{size}-today-with-change")
    other.page.locator("li.tile", has_text="確認を待つ変更").get_by_role("link").click()
    other.page.locator("#result_list tbody a").first.click()
    other.page.get_by_role("heading", name="この変更で終わるもの").wait_for()
    other.check(f"staff-{size}-change-to-confirm")
    other.press("二人目として確かめた")
    other.page.get_by_text("確かめたことを記録しました").wait_for()
    assert the_act().state == ActState.AGREED
