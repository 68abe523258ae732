"""A student asks, nobody looks, others are told, somebody answers; staff promise, practise, end."""

import re
from datetime import time

import jpholiday
import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from apps.helpline.models import DutyRoster, EscalationStep, HelpRequest, ProtectionRoute
from apps.helpline.services import (
    call_mails,
    duty_rosters,
    escalation,
    help_requests,
    replies,
    routes,
)
from apps.notices.services import organisations
from apps.people.models import Role
from tests import factories
from tests.journeys.test_main_path import staff_signs_in

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def on_duty(cast, monkeypatch):
    monkeypatch.setattr(jpholiday, "is_holiday", lambda day: False)
    cast.duty = factories.duty_roster(cast, hours=(time.min, time.max), weekdays=range(7))
    cast.duty.people.create(
        person=cast.homeroom.user, answers_as="other", is_listed=True,
        shown_name="｜山代《やましろ》 ｜先生《せんせい》",
    )  # fmt: skip
    organisations.install_seed_organisations(cast.city)
    return cast


def signed_in(walker, size, user, *, dark=False):
    """A browser that already carries this person's session."""
    opened, client = walker(size, dark=dark), Client()
    factories.force_sign_in(client, user)
    factories.with_recent_pin(client)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    opened.context.add_cookies(
        [{"name": cookie.key, "value": cookie.value, "url": opened.base}]
    )  # fmt: skip
    return opened


def staff(walker, user):
    user.set_password(factories.PASSWORD)
    user.save()
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return staff_signs_in(walker, user)


def minutes_pass():
    """The waiting step's time has come."""
    EscalationStep.objects.filter(state="pending").update(due_at=timezone.now())
    escalation.escalate_due()


@pytest.mark.parametrize("size", ["phone", "tablet"])
def test_a_student_reads_at_every_step_what_is_true(walker, on_duty, size):
    student = signed_in(walker, size, on_duty.sakura.user)
    student.go("/pages/")
    student.check(f"help-start-{size}")
    student.press(re.compile("いいえ"))
    student.check(f"help-ask-{size}")
    student.page.get_by_label("山代").check()
    student.page.get_by_label("うまく").check()
    student.page.fill("#words", "ともだちの ことで こまって います")
    student.page.locator("main form button.button--solid").click()
    expect(student.page).to_have_url(re.compile("/pages/3/"))
    student.check(f"help-sent-{size}")
    for name in ("first", "second", "last", "all"):
        minutes_pass()
        student.page.reload()
        student.check(f"help-{name}-{size}")
    expect(student.page.locator("h1")).to_contain_text("つぎの")
    help_request = HelpRequest.objects.get()
    replies.open_request(help_request, actor=on_duty.homeroom.user, reason="student_asked")
    student.page.reload()
    student.check(f"help-seen-{size}")
    replies.send_reply(
        help_request, actor=on_duty.homeroom.user, words="ひるやすみに ほけんしつで まって います。",
        form_key=factories.uuid.uuid4(),
    )  # fmt: skip
    student.page.reload()
    expect(student.page.get_by_text("まって います。")).to_be_visible()
    student.check(f"help-answered-{size}")


@pytest.mark.parametrize(("size", "dark"), [("phone", False), ("tablet", True)])
def test_a_student_asks_past_the_school(walker, on_duty, size, dark):
    city = on_duty.city
    protector = factories.staff_post(Role.FAMILY_CENTRE, None, of=city, name="子どもを守る担当")
    school = factories.school(city, "C117220600099", "もうひとつの中学校(架空)")
    elsewhere = factories.staff_post(Role.COUNSELLOR, school, name="ほかの学校の人")
    privacy = factories.staff_post(Role.PRIVACY, None, of=city, name="個人情報の担当")
    route = routes.propose_route(
        ProtectionRoute(
            municipality=city, first=protector.user, second=elsewhere.user,
            last=on_duty.officer.user, why="first", opens_at="00:00", closes_at="23:59",
        ),
        by=on_duty.officer.user,
    )  # fmt: skip
    routes.confirm_route(route, by=privacy.user)
    student = signed_in(walker, size, on_duty.sakura.user, dark=dark)
    student.go("/pages/2/")
    student.check(f"help-ask-route-{size}")
    student.page.get_by_label("いやな").check()
    student.page.get_by_label("せたくない").first.check()
    student.page.fill("#kept", "担任")
    student.page.locator("main form button.button--solid").click()
    expect(student.page).to_have_url(re.compile("/pages/3/"))
    student.check(f"help-route-sent-{size}")
    assert HelpRequest.objects.get().is_protected
    student.press(re.compile("画面.*消"))
    student.check(f"help-start-after-hiding-{size}")
    student.go("/pages/6/")
    student.check(f"help-hidden-{size}")


def test_without_javascript_asking_and_taking_back_work(walker, on_duty):
    student = walker("phone", script=False)
    client = Client()
    factories.force_sign_in(client, on_duty.sakura.user)
    factories.with_recent_pin(client)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    student.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": student.base}])
    student.go("/pages/2/")
    student.page.get_by_label("だれでも").check()
    student.page.locator("main form button.button--solid").click()
    student.press(re.compile("取.*消"))
    expect(student.page.locator("h1")).to_contain_text("消")


def test_staff_promise_practise_open_and_end(walker, on_duty, size="desk"):
    duty_rosters.switch_off(on_duty.duty, by=on_duty.principal.user)
    head = staff(walker, on_duty.principal.user)
    head.go(f"/admin/helpline/dutyroster/{on_duty.duty.pk}/change/")
    head.check("duty")
    head.press("受け付けを始める")
    expect(head.page.get_by_text("受け付けを始めました。")).to_be_visible()
    assert DutyRoster.objects.get().is_on
    head.press("言葉を読み、確認を記録する")
    head.check("duty-approve")
    head.page.fill("#id_name", "山中 律")
    head.page.get_by_label("スクールカウンセラー").check()
    head.page.get_by_label("この人が").check()
    head.press("確認を記録する", exact=True)
    expect(head.page.get_by_text("確認を記録しました。")).to_be_visible()
    head.press("練習を始める")
    for _ in range(4):
        minutes_pass()
    call_mails.send_call_mails()
    head.press("いまのようすを見直す")
    head.press("見ました")
    head.check("duty-drill")
    head.go("/admin/helpline/dutyroster/drills/")
    head.check("duty-drills")

    help_request = help_requests.send_help_request(
        student=on_duty.sakura, wanted="anyone", topic="friends", words="はなしたい",
        form_key=factories.uuid.uuid4(),
    )  # fmt: skip
    minutes_pass()
    minutes_pass()
    help_requests.send_help_request(
        student=on_duty.ren, wanted="anyone", form_key=factories.uuid.uuid4()
    )
    head.go("/admin/")
    head.check("duty-today")
    head.go(f"/admin/helpline/helprequest/{help_request.pk}/open/")
    head.check("duty-open")
    head.page.get_by_label("本人からの").check()
    head.press("理由を記録して開く")
    expect(head.page.get_by_text("はなしたい", exact=True)).to_be_visible()
    head.check("duty-opened")
    head.page.fill("#id_close-words", "昼休みに会って話した。")
    head.press("記録して、おわりにする")
    expect(head.page.get_by_text("記録を書いて、おわりにしました。")).to_be_visible()
    head.check("duty-list")
    head.go("/admin/helpline/dutyroster/load/")
    head.check("duty-load")
    for width in (390, 820):
        head.page.set_viewport_size({"width": width, "height": 1100})
        for name, path in (("load", "/admin/helpline/dutyroster/load/"), ("today", "/admin/"),
                           ("duty", f"/admin/helpline/dutyroster/{on_duty.duty.pk}/change/")):  # fmt: skip
            head.go(path)
            head.check(f"duty-{name}-{width}")
