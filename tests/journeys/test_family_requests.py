"""A guardian's wish to talk: from her phone to the nurse's desk, to a case."""

import pytest
from django.test import Client

from apps.cases.models import CaseOrigin, SupportCase
from apps.people.models import StaffPost
from tests import factories

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def enter(walker, user):
    """This browser is signed in as ``user``."""
    client = Client()
    factories.force_sign_in(client, user)
    cookie = client.cookies["sessionid"]
    walker.context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": walker.base}])
    return walker


def test_a_guardians_wish_becomes_a_case_and_she_sees_who_read_it(walker, cast):
    StaffPost.objects.update(begins_on=None)
    guardian = enter(walker("phone", touch=True), cast.midori.user)
    guardian.go("/")
    guardian.page.get_by_role("link", name="学校や市に相談したい").click()
    guardian.page.get_by_label("保健室の先生").check()
    guardian.page.get_by_label("電話", exact=True).check()
    guardian.page.get_by_label("電話番号かメールアドレス").fill("0761-00-0000")
    guardian.page.get_by_role("button", name="送る", exact=True).click()
    guardian.page.get_by_text("まだだれも見ていません。").wait_for()
    guardian.check("family-request-sent")
    nurse = enter(walker("desk"), cast.nurse.user)
    nurse.go("/admin/cases/supportcase/")
    nurse.page.get_by_role("link", name="の生徒の保護者").click()
    nurse.page.get_by_label("保護者からの 相談").check()
    nurse.page.get_by_role("button", name="理由を記録して開く").click()
    nurse.page.get_by_text("0761-00-0000").wait_for()
    nurse.check("family-request-opened")
    nurse.page.get_by_role("button", name="連絡した").click()
    nurse.page.get_by_text("連絡したと残しました").wait_for()
    guardian.page.reload()
    guardian.page.get_by_text("連絡したと記録されました").wait_for()
    nurse.go("/admin/cases/supportcase/")
    nurse.page.get_by_role("link", name="ケースにする").click()
    nurse.page.get_by_label("気になること").fill("家の ことで 話したいと いう。")
    nurse.check("family-request-begin")
    nurse.page.get_by_role("button", name="ケースを作る").click()
    nurse.page.get_by_text("ケースを作りました").wait_for()
    case = SupportCase.objects.get()
    assert (case.student, case.origin) == (cast.sakura, CaseOrigin.STAFF)
