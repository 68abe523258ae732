"""A student changes the PIN on a phone and a tablet; a class's first PINs are confirmed at a desk."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from apps.people.models import Role, Student
from apps.signin.services import cards
from tests import factories
from tests.journeys.shared_tablet import PIN, signed_in

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
NEW = "8416"


@pytest.mark.parametrize(("size", "script"), [("phone", True), ("tablet", True), ("tablet", False)])
def test_a_student_changes_the_pin_with_and_without_scripts(walker, two_students, size, script):
    tablet = walker(size, script=script)
    student, code = two_students["さくら"]
    tablet.go(reverse("signin:card_entry"))
    tablet.page.locator("#id_code").fill(code)
    tablet.page.locator("main form button").last.click()
    tablet.page.locator("#id_pin").fill(PIN)
    tablet.page.locator("main form button").last.click()
    link = tablet.page.locator(f"a[href='{reverse('signin:change_pin')}']")
    expect(link).to_be_visible()
    link.click()
    if script:
        tablet.check()
    tablet.page.locator("#id_pin").fill(PIN)
    tablet.page.locator("#id_new_pin").fill(NEW)
    tablet.page.locator("#id_again").fill(NEW)
    tablet.page.locator("main form button").last.click()
    expect(tablet.page.locator("main .note").first).to_contain_text("かわりました")
    assert cards.sign_in_with_card(code, NEW) == Student.objects.get(pk=student.pk).user


@pytest.mark.parametrize("script", [True, False])
def test_the_first_pins_of_a_class_are_confirmed_on_three_pages(
    walker, sign_in, two_students, script
):
    one = two_students["さくら"][0]
    new = [factories.student(one.home_class, f"あたらしい{k}", number=10 + k) for k in range(3)]
    for _, code in cards.issue_cards(new, by=None):
        cards.set_first_pin(code, PIN)
    nurse = factories.staff_post(Role.NURSE, one.school, name="保健室の先生").user
    desk = signed_in(walker("desk", script=script), sign_in, nurse)
    desk.go(reverse("admin:signin_first_pins"))
    desk.press(str(one.home_class), exact=True)
    if script:
        desk.check()
    desk.page.get_by_label("全員(3人)").check()
    desk.press("選んだ生徒を、次の画面で確かめる")
    expect(desk.page.locator("main, #content").first).to_contain_text(new[2].full_name)
    if script:
        desk.check()
    desk.press("この3人が自分で決めたのを見た")
    expect(desk.page.locator(".messagelist, [role=status]").first).to_contain_text("3人の暗証番号")
    waits = [
        each.has_unconfirmed_pin for each in Student.objects.filter(pk__in=[s.pk for s in new])
    ]
    assert waits == [False] * 3
