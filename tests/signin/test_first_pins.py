"""A first PIN is confirmed by a second person, who saw that the student chose it."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from apps.checkins.services.question_sets import current_question_set, seed_questions
from apps.checkins.services.submissions import submit
from apps.consent.models import Purpose
from apps.consent.services.decisions import decide, withdraw
from apps.consent.services.purpose_status import CannotDecide, is_effective
from apps.consent.services.scheduled_work import reconcile_all
from apps.helpline.services import help_requests, transitions
from apps.people.models import Role, StaffPost, Student, User
from apps.signin.services import cards, first_pins
from apps.vault.models import SubjectKey
from tests import factories
from tests.signin.first_pin_helpers import ATTENDANCE, PIN, a_class, again, end, pages, ticks


def key():
    return SubjectKey.objects.filter(purpose=ATTENDANCE).first()


def confirm(cast, by=None):
    (waiting,) = first_pins.first_pins_of((by or cast.nurse).user, cast.class_1)
    result = first_pins.confirm_first_pins([waiting.tick], by=(by or cast.nurse).user)
    again(cast)
    return result


# -- card holders, and what is destroyed ----------------------------------------------------------


@pytest.mark.parametrize(("days", "may"), [(0, False), (1, False), (40, True)])
def test_who_could_hand_out_the_card_since_it_was_made_does_not_confirm(chosen, days, may):
    """A homeroom teacher who has changed post since cannot confirm; one who left long before may."""
    before = factories.staff_post(
        Role.HOMEROOM, chosen.school, in_class=chosen.class_1, name="前の担任"
    )
    today = timezone.localdate()
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        StaffPost.objects.filter(pk=before.pk).update(
            begins_on=today - timedelta(days=90), ends_on=today - timedelta(days=max(days - 1, 0))
            if days > 1 else today,
        )  # fmt: skip
        now = factories.staff_post(Role.NURSE, chosen.school, name="前の担任")
        now.user = before.user
        now.save(update_fields=["user"])
        (waiting,) = first_pins.first_pins_of(User.objects.get(pk=before.user_id), chosen.class_1)
        assert (waiting.why_not == "") is may
        other = factories.staff_post(Role.NURSE, chosen.school).user
        assert first_pins.first_pins_of(other, chosen.class_1)[0].why_not == ""


def test_a_second_account_does_not_hide_that_one_handed_out_the_card(chosen):
    StaffPost.objects.filter(pk=chosen.homeroom.pk).update(ends_on=timezone.localdate())
    twin = factories.second_account(chosen.homeroom, Role.NURSE, at=chosen.school)
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        (waiting,) = first_pins.first_pins_of(User.objects.get(pk=twin.user_id), chosen.class_1)
    assert "配れた人" in waiting.why_not


def test_who_ended_something_is_never_among_all_and_is_ticked_alone(chosen, sign_in):
    others = a_class(chosen, 2)
    end(chosen)
    choose, confirm_page = pages(chosen)
    desk = sign_in(chosen.nurse.user)
    page = desk.get(choose).content.decode()
    assert "全員(2人)" in page
    assert "一人ずつ選びます" in page
    shown = desk.post(choose, {"all": "2"}, follow=True)
    assert {row.student for row in shown.context["rows"]} == set(others)
    assert desk.post(choose, {"all": "3"}, follow=True).redirect_chain[-1][0] == choose
    both = desk.post(choose, {"all": "2", "person": [str(chosen.sakura.pk)]}, follow=True)
    assert len(both.context["rows"]) == 3
    desk.post(confirm_page, {"tick": ticks(shown)})
    assert again(chosen).sakura.has_unconfirmed_pin
    assert key() is not None


# -- before the confirmation ----------------------------------------------------------------------


def test_with_a_first_pin_one_sends_at_once(chosen):
    seed_questions()
    factories.duty_roster(chosen)
    factories.policy(chosen.city, Purpose.CHECKIN_REVIEW)
    help_requests.send_help_request(
        student=chosen.sakura, wanted="nurse", words="はなしたい", form_key=uuid.uuid4()
    )
    assert help_requests.latest_request(chosen.sakura).state == "sent"


def test_a_checkin_is_kept_at_once_where_it_was_agreed_to(cast):
    seed_questions()
    factories.make_effective(cast.sakura, Purpose.CHECKIN_REVIEW)
    ((_, code),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    cards.set_first_pin(code, PIN)
    student = Student.objects.get(pk=cast.sakura.pk)
    check_in = submit(
        student=student,
        question_set=current_question_set(),
        client_key=uuid.uuid4(),
        answers={"mood": 1},
    )
    assert check_in


def test_with_a_first_pin_nothing_is_agreed_to_or_cancelled(chosen):
    factories.duty_roster(chosen)
    factories.policy(chosen.city, Purpose.GRADES)
    factories.document(chosen.city, Purpose.GRADES)
    later = help_requests.send_help_request(
        student=chosen.sakura, wanted="nurse", words="", form_key=uuid.uuid4()
    )
    given = {Purpose.GRADES: "given"}

    def agree():
        decide(
            student=chosen.sakura, actor=chosen.sakura.user, answers=given, form_key=uuid.uuid4()
        )

    with pytest.raises(CannotDecide):
        agree()
    with pytest.raises(transitions.CannotChangeRequest):
        help_requests.cancel_help_request(later, by=chosen.sakura.user)
    confirm(chosen)
    later.refresh_from_db()
    help_requests.cancel_help_request(later, by=chosen.sakura.user)
    agree()


def test_a_withdrawal_with_a_first_pin_stops_at_once_and_its_key_goes_with_the_word(chosen):
    end(chosen)
    assert not is_effective(chosen.sakura, ATTENDANCE)
    with time_machine.travel(timezone.now() + timedelta(days=30)):
        reconcile_all()
        assert (key().paused_at is not None, key().destroy_after) == (True, None)
    confirm(chosen)
    reconcile_all()
    assert key() is None


def test_a_guardians_withdrawal_does_not_wait_for_the_word(chosen):
    withdraw(
        student=chosen.sakura, actor=chosen.midori.user, purpose=ATTENDANCE, form_key=uuid.uuid4()
    )
    assert key() is None


# -- who confirms -----------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["homeroom", "helpdesk", "officer", "away_nurse"])
def test_who_hands_out_the_card_or_is_elsewhere_confirms_nothing(chosen, sign_in, who):
    (waiting,) = first_pins.first_pins_of(chosen.nurse.user, chosen.class_1)
    by = getattr(chosen, who).user
    assert not first_pins.confirm_first_pins([waiting.tick], by=by).done
    desk = sign_in(by)
    for page in pages(chosen):
        assert desk.get(page).status_code in {403, 404}
        assert desk.post(page, {"tick": waiting.tick}).status_code in {403, 404}
    assert again(chosen).sakura.has_unconfirmed_pin


@pytest.mark.parametrize("who", ["nurse", "counsellor", "principal"])
def test_who_holds_no_sheet_of_the_student_confirms(chosen, who):
    assert confirm(chosen, by=getattr(chosen, who)).done == [chosen.sakura]
    assert not chosen.sakura.has_unconfirmed_pin


def test_two_posts_of_one_person_are_not_two_persons(chosen):
    StaffPost.objects.create(
        municipality=chosen.city, school=chosen.school, role=Role.PRINCIPAL, name="教頭",
        user=chosen.homeroom.user,
    )  # fmt: skip
    user = type(chosen.homeroom.user).objects.get(pk=chosen.homeroom.user.pk)
    (waiting,) = first_pins.first_pins_of(user, chosen.class_1)
    assert waiting.why_not
    result = first_pins.confirm_first_pins([waiting.tick], by=user)
    assert (result.done, [student for student, _ in result.refused]) == ([], [chosen.sakura])


def test_who_printed_the_sheet_confirms_nothing_after_another_post_began(chosen):
    chosen.homeroom.role, chosen.homeroom.school_class = Role.NURSE, None
    chosen.homeroom.save()
    user = type(chosen.homeroom.user).objects.get(pk=chosen.homeroom.user.pk)
    (waiting,) = first_pins.first_pins_of(user, chosen.class_1)
    assert "印刷した人" in waiting.why_not
    assert not first_pins.confirm_first_pins([waiting.tick], by=user).done


def test_a_second_account_of_who_printed_the_sheet_confirms_nothing(chosen):
    one = uuid.uuid4()
    StaffPost.objects.filter(pk=chosen.homeroom.pk).update(master_id=one)
    StaffPost.objects.filter(pk=chosen.nurse.pk).update(master_id=one)
    (waiting,) = first_pins.first_pins_of(chosen.nurse.user, chosen.class_1)
    assert not first_pins.confirm_first_pins([waiting.tick], by=chosen.nurse.user).done
    assert confirm(chosen, by=chosen.principal).done


# -- what the student and the guardian see --------------------------------------------------------


def test_the_student_is_told_for_thirty_days_who_confirmed(chosen, sign_in):
    waiting = sign_in(chosen.sakura.user).get("/").content.decode()
    assert "はじめて" in waiting
    assert "いつでも" in waiting
    confirm(chosen)
    for days, is_shown in ((0, True), (29, True), (31, False)):
        with time_machine.travel(timezone.now() + timedelta(days=days)):
            page = sign_in(chosen.sakura.user).get("/").content.decode()
            assert ("たしかめました" in page) is is_shown, days
            assert "はじめて" not in page


def test_no_page_of_the_guardian_differs_by_a_first_pin(cast, sign_in):
    factories.make_effective(cast.sakura, ATTENDANCE)
    ((_, cast.code),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    of = [cast.sakura.pk]
    addresses = [
        "/",
        *(reverse(name, args=of) for name in ("consent:overview", "disclosure:access_log")),
    ]
    client = sign_in(cast.midori.user)

    def bodies():
        return [
            [
                line
                for line in client.get(address).content.decode().splitlines()
                if "csrfmiddlewaretoken" not in line and "form_key" not in line
            ]
            for address in addresses
        ]

    bodies()  # what a first visit marks as read
    before = bodies()
    cards.set_first_pin(cast.code, PIN)
    confirm(again(cast))
    for address, then, now in zip(addresses, before, bodies(), strict=True):
        assert [line for line in now if "暗証番号" in line] == [
            line for line in then if "暗証番号" in line
        ], address
