"""Printing changes no code and is recorded and shown; issuing a new code is a separate action."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action, AuditEvent
from apps.people.models import ActState, PendingAct
from apps.people.services import pending_acts
from apps.registration.models import PrintedSheet
from apps.registration.services import code_renewals, print_runs
from apps.signin.models import LoginCard
from apps.signin.services import cards
from tests.registration.print_helpers import PIN, WHY, address, digests, ids, printed_codes

# -- cards -------------------------------------------------------------------------------------------


def test_a_reload_of_a_sheet_of_28_cards_reissues_nothing(cast, pupils, desk):
    first = desk.post(address(cast), {"person": ids(pupils)})
    assert first.status_code == 302
    page = desk.get(first.url)
    before = digests(LoginCard)
    assert len(printed_codes(page)) == 28
    assert printed_codes(desk.get(first.url)) == printed_codes(page)
    again = desk.post(address(cast), {"person": ids(pupils)}, follow=True)
    assert printed_codes(again) == printed_codes(page)
    assert digests(LoginCard) == before
    assert LoginCard.objects.filter(revoked_at=None).count() == 28


def test_a_card_printed_again_still_opens_with_the_same_pin(cast, desk):
    ((_, code),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    cards.set_first_pin(code, PIN)
    desk.post(address(cast), {"person": ids([cast.sakura])})
    assert cards.sign_in_with_card(code, PIN) == cast.sakura.user


def test_each_printing_is_recorded_with_who_when_and_whose(cast, desk):
    desk.post(address(cast), {"person": ids([cast.sakura])})
    desk.post(address(cast), {"person": ids([cast.sakura])})
    assert PrintedSheet.objects.filter(printed_by=cast.homeroom.user).count() == 2
    events = AuditEvent.objects.filter(action=Action.CARD_PRINTED, subject_id=cast.sakura.pk)
    assert [(e.actor, e.actor_role) for e in events] == [(cast.homeroom.user, "homeroom")] * 2


def test_the_student_reads_who_printed_the_card_and_when(cast, desk, sign_in):
    home = reverse("portal:home")
    cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    cast.sakura.refresh_from_db()
    assert "印刷" not in sign_in(cast.sakura.user).get(home).content.decode()
    with time_machine.travel("2026-11-28T03:00:00Z"):
        print_runs.print_cards([cast.sakura], school_class=cast.class_1, by=cast.homeroom.user)
    page = sign_in(cast.sakura.user).get(home).content.decode()
    line = next(row for row in page.splitlines() if "印刷" in row)
    assert "カードを" in line and "28<ruby>日" in line and "担任" in line


def test_opening_the_choice_prints_and_changes_nothing(cast, desk):
    desk.get(address(cast))
    assert not PrintedSheet.objects.exists()
    assert not LoginCard.objects.exists()


RARE = ("𠮷田", "葛\U000e0100太")


@pytest.mark.parametrize("name", ["cards", "letters"])
def test_a_printed_page_keeps_rare_letters_and_marks_them(cast, desk, office, name):
    """Completely, with variation selectors, each character in a bundled font that has it."""
    for person in (cast.sakura, cast.midori):
        person.family_name, person.given_name = RARE
        person.save()
    person = cast.sakura if name == "cards" else cast.midori
    who = desk if name == "cards" else office
    page = who.post(address(cast, name), {"person": ids([person])}, follow=True).content.decode()
    assert '<span class="rare">𠮷</span>田 <span class="rare">葛\U000e0100</span>太' in page
    assert not {"□", "\ufffd", "?田"} & set(page)


def test_a_new_code_is_asked_about_by_name_and_count_first(cast, pupils, desk):
    cards.issue_cards(pupils[:3], by=cast.homeroom.user)
    before = digests(LoginCard)
    answer = desk.post(address(cast), {"person": ids(pupils[:3]), "verb": "renew"})
    page = desk.get(answer.url).content.decode()
    assert "3人の いまのカードが使えなくなります" in page
    assert all(pupil.full_name in page for pupil in pupils[:3])
    assert digests(LoginCard) == before


def test_a_new_code_sent_twice_is_made_once(cast, desk):
    ((_, old),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    card = LoginCard.objects.get()
    answer = desk.post(address(cast, "cards_renew"), {"what": str(card.pk), "reason": WHY})
    new = digests(LoginCard)
    again = desk.post(address(cast, "cards_renew"), {"what": str(card.pk), "reason": WHY})
    assert (answer.status_code, again.status_code) == (302, 302)
    assert digests(LoginCard) == new
    assert cards.find_card(old) is None
    assert len(printed_codes(desk.get(answer.url))) == 1


@pytest.mark.parametrize("reason", ["", " ", "はい", "あ" * 301])
def test_nobodys_code_is_renewed_without_a_reason(cast, desk, reason):
    ((_, code),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    card = LoginCard.objects.get()
    answer = desk.post(address(cast, "cards_renew"), {"what": str(card.pk), "reason": reason})
    assert answer.status_code == 422
    assert cast.sakura.full_name in answer.content.decode()
    assert cards.find_card(code) == card


def test_one_persons_new_code_keeps_its_reason(cast, desk):
    cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    card = LoginCard.objects.get()
    desk.post(address(cast, "cards_renew"), {"what": str(card.pk), "reason": WHY})
    act = PendingAct.objects.get()
    assert (act.reason, act.proposed_by, act.needs_second) == (WHY, cast.homeroom.user, False)
    assert act.state == ActState.DONE
    assert not LoginCard.objects.valid().filter(pk=card.pk).exists()


def test_several_peoples_new_codes_wait_while_the_old_ones_work(cast, pupils, desk):
    issued = cards.issue_cards(pupils[:3], by=cast.homeroom.user)
    papers = " ".join(ids(LoginCard.objects.all()))
    desk.post(address(cast, "cards_renew"), {"what": papers, "reason": WHY})
    act = PendingAct.objects.get()
    code_renewals.apply_renewals()
    assert all(cards.find_card(code) is not None for _, code in issued)
    pending_acts.confirm(act, by=cast.principal.user)
    code_renewals.apply_renewals()
    assert all(cards.find_card(code) is None for _, code in issued)
    assert LoginCard.objects.valid().filter(issued_by=cast.homeroom.user).count() == 3


def renew(desk, cast, student):
    """Ask for a new card of one student, on the page; returns the next page."""
    card = LoginCard.objects.valid().get(student=student)
    sent = {"what": str(card.pk), "reason": WHY}
    return desk.post(address(cast, "cards_renew"), sent, follow=True).content.decode()


def test_one_after_another_the_fourth_of_a_day_waits_for_a_second_person(cast, pupils, desk):
    issued = dict(cards.issue_cards(pupils[:5], by=cast.homeroom.user))
    for student in pupils[:3]:
        renew(desk, cast, student)
    assert all(cards.find_card(issued[student]) is None for student in pupils[:3])
    asks = desk.get(address(cast, "cards_renew"), {"person": [str(pupils[3].pk)]})
    assert "ほかの人に確かめてもらう" in asks.content.decode()
    renew(desk, cast, pupils[3])
    assert cards.find_card(issued[pupils[3]]) is not None
    act = PendingAct.objects.get(needs_second=True)
    pending_acts.confirm(act, by=cast.principal.user)
    code_renewals.apply_renewals()
    assert cards.find_card(issued[pupils[3]]) is None


def test_a_new_sign_in_begins_no_new_count_and_a_new_day_does(cast, pupils, sign_in, time_machine):
    issued = dict(cards.issue_cards(pupils[:5], by=cast.homeroom.user))
    for student in pupils[:4]:
        renew(sign_in(cast.homeroom.user), cast, student)
    assert cards.find_card(issued[pupils[3]]) is not None
    time_machine.move_to(timezone.now() + timedelta(days=1))
    renew(sign_in(cast.homeroom.user), cast, pupils[4])
    assert cards.find_card(issued[pupils[4]]) is None


def test_what_another_renewed_or_stopped_is_not_counted(cast, pupils, sign_in):
    issued = dict(cards.issue_cards(pupils[:4], by=cast.homeroom.user))
    for student in pupils[:3]:
        renew(sign_in(cast.principal.user), cast, student)
    renew(sign_in(cast.homeroom.user), cast, pupils[3])
    assert cards.find_card(issued[pupils[3]]) is None


def test_a_card_of_another_class_is_not_renewed_by_its_number(cast, desk):
    ((_, code),) = cards.issue_cards([cast.ren], by=None)
    card = LoginCard.objects.get(student=cast.ren)
    desk.post(address(cast, "cards_renew"), {"what": str(card.pk), "reason": WHY})
    assert cards.find_card(code) == card


def test_a_sheet_does_not_show_a_code_that_was_replaced_since(cast, desk):
    sheet = desk.post(address(cast), {"person": ids([cast.sakura])})
    cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    page = desk.get(sheet.url)
    assert printed_codes(page) == []
    assert "番号が新しくなった" in page.content.decode()


def test_a_sheet_closes_after_half_an_hour_and_printing_again_is_recorded(cast, desk):
    sheet = desk.post(address(cast), {"person": ids([cast.sakura])})
    with time_machine.travel(timezone.now() + timedelta(minutes=31)):
        assert desk.get(sheet.url).url == address(cast)


def test_nobody_else_opens_a_printed_sheet(cast, desk, sign_in):
    sheet = desk.post(address(cast), {"person": ids([cast.sakura])})
    assert printed_codes(sign_in(cast.principal.user).get(sheet.url, follow=True)) == []
    assert sign_in(cast.nurse.user).get(sheet.url).status_code in (403, 404)
    assert sign_in(cast.away_nurse.user).get(sheet.url).status_code == 404


@pytest.mark.parametrize("name", ["cards", "letters"])
def test_nobody_chosen_is_a_sentence(cast, desk, office, name):
    page = (desk if name == "cards" else office).post(
        address(cast, name), {"person": ["?"]}, follow=True
    )
    assert "だれも選ばれていません" in page.content.decode()


@pytest.mark.parametrize("name", ["cards_renew", "letters_renew"])
def test_renewing_nobody_is_a_sentence(cast, desk, office, name):
    desk = desk if name == "cards_renew" else office
    assert "選ばれていません" in desk.get(address(cast, name), follow=True).content.decode()
    page = desk.post(
        address(cast, name), {"what": "?", "reason": WHY}, follow=True
    ).content.decode()
    assert "何も変えませんでした" in page
