"""A form of which no answer came says so and is sent again unwritten, once."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from apps.disclosure.models import CorrectionRequest
from apps.notices.models import Notice
from tests.journeys.network_proxy import HANGS
from tests.journeys.shared_tablet import WORDS, enter, signed_in, worker_is_ready

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
OFFLINE = "offline"


def fails(tablet, outer_network, how, path):
    if how == OFFLINE:
        tablet.context.set_offline(True)
    else:
        outer_network.faults[path] = how


def works(tablet, outer_network):
    outer_network.faults.clear()
    tablet.context.set_offline(False)


def has_no_answer(tablet):
    expect(tablet.page.get_by_role("heading", name="が ありません")).to_be_visible()
    expect(tablet.page.get_by_text("0120-0-78310").first).to_be_visible()
    expect(tablet.page.locator("#resend button")).to_be_visible()
    tablet.complaints.clear()  # the browser itself complains of the answer


def corrects(tablet, student):
    """Writes words into the form about one's own data; returns its path."""
    path = reverse("disclosure:corrections", args=[student.pk])
    tablet.go("/")
    worker_is_ready(tablet.page)
    tablet.go(path)
    tablet.page.locator("main form select[name=about]").select_option(index=1)
    tablet.page.fill("main form textarea[name=words]", WORDS)
    return path


def submit(tablet):
    tablet.page.locator("main form button.button--solid").last.click()


@pytest.mark.parametrize("how", [502, 504, OFFLINE])
def test_a_guardians_words_that_got_no_answer_are_sent_again_unwritten(
    cast, sign_in, tablet_behind, outer_network, how
):
    phone = signed_in(tablet_behind("phone", dark=how == 504), sign_in, cast.midori.user)
    path = corrects(phone, cast.sakura)
    fails(phone, outer_network, how, path)
    submit(phone)
    has_no_answer(phone)
    phone.check(f"no-answer-{how}")
    assert WORDS not in phone.page.content()
    phone.page.locator("#resend button").click()
    phone.page.wait_for_timeout(500)
    has_no_answer(phone)
    assert CorrectionRequest.objects.count() == 0
    works(phone, outer_network)
    phone.page.locator("#resend button").click()
    expect(phone.page.get_by_text(WORDS)).to_be_visible()
    assert CorrectionRequest.objects.count() == 1


def test_what_staff_typed_is_sent_again_unwritten_and_makes_one_row(
    cast, sign_in, tablet_behind, outer_network
):
    desk = tablet_behind("desk")
    desk.go("/")
    worker_is_ready(desk.page)
    signed_in(desk, sign_in, cast.officer.user)
    path = reverse("admin:notices_notice_add")
    desk.go(path)
    desk.page.fill("#id_title", "あき")
    desk.page.fill("#id_body", WORDS)
    desk.page.get_by_label("中学1年").check()
    fails(desk, outer_network, 502, path)
    desk.page.locator("input[name=_save]").click()
    has_no_answer(desk)
    works(desk, outer_network)
    desk.page.locator("#resend button").click()
    expect(desk.page.get_by_role("article").get_by_text(WORDS).first).to_be_visible()
    assert Notice.objects.get().body == WORDS


def test_a_form_of_who_left_is_neither_sent_nor_answered_before_the_proof(
    two_students, tablet_behind, outer_network
):
    student, code = two_students["さくら"]
    tablet = tablet_behind("tablet")
    enter(tablet, code, "さくら")
    path = corrects(tablet, student)
    outer_network.faults["/leave/proved/"] = 503
    tablet.page.evaluate("signOutMark.raise()")
    submit(tablet)
    expect(tablet.page.get_by_role("heading", name="を しています")).to_be_visible()
    assert "さくら" not in tablet.page.content()
    assert ("POST", path) not in outer_network.requests_seen
    assert CorrectionRequest.objects.count() == 0


def test_what_one_student_did_not_get_through_the_next_one_cannot_send(
    two_students, tablet_behind, outer_network
):
    student, code = two_students["さくら"]
    tablet = tablet_behind("tablet")
    enter(tablet, code, "さくら")
    path = corrects(tablet, student)
    fails(tablet, outer_network, 502, path)
    submit(tablet)
    has_no_answer(tablet)
    works(tablet, outer_network)
    second = tablet.context.new_page()
    second.goto(f"{tablet.base}/")
    second.locator("form[data-leave] button").first.click()
    expect(second.locator("a[href='/card/']")).to_be_visible()
    expect(tablet.page.locator("#resend")).to_be_hidden()
    assert CorrectionRequest.objects.count() == 0


def test_a_form_whose_answer_never_comes_ends_on_the_page_that_says_so(
    cast, sign_in, tablet_behind, outer_network
):
    phone = signed_in(tablet_behind("phone"), sign_in, cast.midori.user)
    path = corrects(phone, cast.sakura)
    phone.page.set_default_timeout(45_000)
    fails(phone, outer_network, HANGS, path)
    submit(phone)
    expect(phone.page.locator("#resend button")).to_be_visible(timeout=45_000)
