"""Two people at one form, as the second one sees it: on a desk and on a phone, readable for all."""

from datetime import time

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from apps.checkins.models import QuestionSet
from apps.checkins.services import question_drafts
from apps.checkins.services.question_sets import seed_questions
from apps.notices.models import SupportOrganisation
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def staff(walker, user, size):
    """A member of staff at their desk or phone, signed in."""
    client, opened = Client(), walker(size)
    factories.force_sign_in(client, user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    opened.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": opened.base}])
    return opened


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_the_second_who_saves_reads_what_changed(walker, cast, size):
    row = SupportOrganisation.objects.create(
        municipality=cast.city, name="ここらぼ", phone="0761-00-0000"
    )
    row.opening_hours.create(weekday=0, opens_at=time(9), closes_at=time(17))
    desk = staff(walker, cast.officer.user, size)
    desk.go(reverse("admin:notices_supportorganisation_change", args=[row.pk]))
    SupportOrganisation.objects.update(phone="0761-11-1111", cost="むりょう")
    desk.page.get_by_label("電話").fill("0761-22-2222")
    desk.page.locator("[name=_save]").click()
    desk.page.get_by_text("ほかの人が変えました").first.wait_for()
    assert desk.page.get_by_label("電話").input_value() == "0761-22-2222"
    desk.complaints.clear()  # the browser complains of the 422 itself
    desk.check(f"conflict-{size}")
    desk.page.locator("[name=_save]").click()
    desk.page.wait_for_url("**/look/")
    row.refresh_from_db()
    assert (row.phone, row.cost) == ("0761-22-2222", "むりょう")


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_the_page_of_the_questions_says_who_can_check_them(walker, cast, size):
    seed_questions()
    shipped = QuestionSet.objects.get(code="daily", municipality=None)
    next_version = question_drafts.draft_next_version(
        shipped, municipality=cast.city, by=cast.officer.user
    )
    second = staff(walker, cast.nurse.user, size)
    second.go(reverse("admin:checkins_questionset_review", args=[next_version.pk]))
    second.check(f"questions-{size}")
    second.press("ぜんぶ読んで、確かめました")
    second.page.wait_for_load_state()
    next_version.refresh_from_db()
    assert next_version.checked_by == cast.nurse.user
