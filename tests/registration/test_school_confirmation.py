"""The school confirms who registered with a child letter: never by a name alone, never by its
printer.
"""

import re
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from apps.people.models import Guardianship, GuardianStanding, Role, User
from apps.registration.confirmation_rules import (
    DECIDING_RELATIONS,
    RELATIONS_BY_DOCUMENT,
    NewcomerFacts,
    confirmations_needed,
    standing_when_confirmed,
)
from apps.registration.models import EvidenceKind, RegistrationEvidence, RegistrationState
from apps.registration.services import (
    evidence,
    registration_endings,
    registrations,
    reminders,
    revocations,
)
from apps.registration.services.registrations import load_context
from tests import factories
from tests.registration.confirmation_helpers import come, confirm, guardianship_of, letter_of

LIST, TODAY = reverse("admin:registration_waiting"), reverse("admin:index")


@pytest.fixture
def registered(cast):
    """A letter of れん, printed by the office; somebody who claims to be his mother waits."""
    cast.letter = letter_of(cast.ren, by=cast.office.user, slip="23456789")
    cast.registration = come(cast.letter, "hikaru@mail.example")
    return cast


def again(post):
    """The account of this post as their next request loads it."""
    return User.objects.get(pk=post.user_id)


def named_without_account(student, given):
    """A guardian in the roster without an account."""
    guardian = factories.guardian(student, given, email=f"{student.pk}@example.com")
    guardian.user = None
    guardian.save(update_fields=["user"])
    return guardian


def tick(page):
    return re.search(r'name="registration" value="([^"]+)"', page.content.decode())[1]


# -- a name alone is no evidence ------------------------------------------------------------------


def test_a_name_that_fits_confirms_nobody(registered):
    named_without_account(registered.ren, "ひかる")  # she is in the roster too
    assert load_context(registered.registration, again(registered.nurse)).facts.is_on_roster
    for kind in ("", "vouch", "document"):
        with pytest.raises(registrations.CannotConfirm, match="名前が合うだけでは"):
            confirm(registered.registration, registered.nurse.user, kind=kind)
    assert guardianship_of(registered.registration).standing == GuardianStanding.WAITING


def test_a_name_on_the_schools_list_is_shown_and_confirms_nobody(registered, sign_in):
    assert (
        "名前が、学校の保護者の一覧と同じです"
        in sign_in(registered.nurse.user).get(LIST).content.decode()
    )
    with pytest.raises(registrations.CannotConfirm, match="名前が合うだけでは"):
        confirm(registered.registration, registered.nurse.user, kind="")


def test_who_came_by_a_revoked_run_is_flagged_and_needs_two_people(registered, sign_in):
    sheet = registered.letter.printings.get().sheet
    revocations.revoke_print_run(sheet, by=registered.principal.user, reason="箱ごと盗まれたため")
    assert "使えなくした手紙で来ました" in sign_in(registered.nurse.user).get(LIST).content.decode()
    confirm(registered.registration, registered.nurse.user)
    assert guardianship_of(registered.registration).standing == GuardianStanding.WAITING


@pytest.mark.parametrize("kind", ["slip", "call_back", "meeting"])
def test_one_thing_from_another_path_is_enough_and_stands_on_record(registered, kind):
    confirm(registered.registration, registered.nurse.user, kind=kind)
    guardianship = guardianship_of(registered.registration)
    assert (guardianship.standing, guardianship.ended_at) == (GuardianStanding.DECIDES, None)
    evidence = RegistrationEvidence.objects.get()
    assert (evidence.kind, evidence.recorded_by, evidence.recorded_role) == (
        kind,
        registered.nurse.user,
        Role.NURSE,
    )
    with pytest.raises(Exception, match="Cannot update"), transaction.atomic():
        RegistrationEvidence.objects.update(kind="vouch")


def test_what_was_recorded_before_lets_another_person_confirm(registered):
    nurse = again(registered.nurse)
    found, refused = evidence.record_evidence(
        [registered.registration.pk], EvidenceKind.CALL_BACK, by=nurse
    )
    assert len(found) == 1
    assert not refused
    confirm(registered.registration, registered.principal.user, kind="")
    assert guardianship_of(registered.registration).standing == GuardianStanding.DECIDES


def test_who_made_the_letter_neither_confirms_nor_records(registered):
    for post in (
        registered.office,
        factories.second_account(registered.office, Role.NURSE, at=registered.school),
    ):
        user = again(post)
        with pytest.raises(registrations.CannotConfirm):
            confirm(registered.registration, user)
        found, refused = evidence.record_evidence(
            [registered.registration.pk], EvidenceKind.SLIP, by=user
        )
        assert not found
        assert len(refused) == 1
    assert not RegistrationEvidence.objects.exists()


def test_a_homeroom_teacher_vouches_and_that_confirms_nobody(registered, sign_in):
    teacher = factories.staff_post(
        Role.HOMEROOM, registered.school, in_class=registered.class_2, name="二組の担任"
    )
    desk = sign_in(teacher.user)
    page = desk.get(LIST)
    assert "保護者だと確かめる" not in page.content.decode()
    box = tick(page)
    assert (
        desk.post(LIST, {"registration": box, "verb": "confirm", "kind": "slip"}).status_code == 404
    )
    answer = desk.post(LIST, {"registration": box, "verb": "vouch"}, follow=True)
    assert "確かめたことを記録しました" in answer.content.decode()
    assert RegistrationEvidence.objects.get().kind == EvidenceKind.VOUCH
    with pytest.raises(registrations.CannotConfirm):
        confirm(registered.registration, registered.nurse.user, kind="")
    with pytest.raises(registrations.CannotConfirm):
        confirm(registered.registration, teacher.user)


def test_a_homeroom_teacher_of_another_class_sees_and_vouches_for_nobody(registered, sign_in):
    desk = sign_in(registered.homeroom.user)  # of class 1; れん is in class 2
    assert "ひかる" not in desk.get(LIST).content.decode()
    _, refused = evidence.record_evidence(
        [registered.registration.pk], EvidenceKind.VOUCH, by=again(registered.homeroom)
    )
    assert len(refused) == 1


# -- effects of the confirmation ------------------------------------------------------------------


def test_parents_decide_and_all_others_are_informed():
    decide = {r for r in ("mother", "father", "adoptive", "grandparent", "foster", "legal",
                          "home_head", "home_staff", "guidance_head", "other")
              if standing_when_confirmed(r, has_document=False) == "decides"}  # fmt: skip
    assert decide == DECIDING_RELATIONS
    for relation in RELATIONS_BY_DOCUMENT:
        assert standing_when_confirmed(relation, has_document=True) == "decides"
    assert standing_when_confirmed("grandparent", has_document=True) == "informed"


def test_a_grandmother_is_informed(registered):
    registration = come(letter_of(registered.sakura, by=registered.office.user, code="G"), "granny@mail.example",
                   relation="grandparent")  # fmt: skip
    confirm(registration, registered.nurse.user)
    assert guardianship_of(registration).standing == GuardianStanding.INFORMED


def test_the_head_of_a_home_shows_a_document_or_two_confirm_and_is_informed(registered):
    one = come(letter_of(registered.sakura, by=registered.office.user, code="A"), "head@home.example",
               relation="home_head", listed=False)  # fmt: skip
    assert load_context(one, again(registered.nurse)).n_needed == 2
    with pytest.raises(evidence.CannotRecord):
        evidence.record_evidence([one.pk], EvidenceKind.DOCUMENT, by=again(registered.nurse))
    evidence.record_evidence(
        [one.pk], EvidenceKind.DOCUMENT, by=again(registered.nurse), document_number=" 辞令 第3号 "
    )
    assert RegistrationEvidence.objects.get().document_number == "辞令 第3号"
    # evidence and confirmation of one person count once
    assert load_context(one, again(registered.nurse)).n_needed == 2
    assert load_context(one, again(registered.counsellor)).n_needed == 1
    confirm(one, registered.counsellor.user, kind="call_back")
    assert guardianship_of(one).standing == GuardianStanding.DECIDES


# -- two people ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("facts", "n"), [
    ({"tells_others": True}, 1),
    ({"tells_others": False}, 2),
    ({"tells_others": True, "has_secret": True}, 2),
    ({"tells_others": True, "is_protected": True}, 2),
    ({"tells_others": True, "n_confirmed": 1}, 1),
    ({"tells_others": True, "n_confirmed": 2}, 2),
    ({"tells_others": True, "relation": "legal"}, 2),
    ({"tells_others": True, "relation": "legal", "has_document": True}, 2),
    ({"tells_others": True, "relation": "legal", "has_document": True, "has_paper": True}, 1),
    ({"tells_others": True, "relation": "mother"}, 2),
    ({"tells_others": True, "relation": "mother", "is_on_list": True}, 2),
    ({"tells_others": True, "relation": "mother", "is_listed": True}, 1),
    ({"tells_others": True, "relation": "grandparent"}, 1),
    ({"tells_others": True, "is_listed": True, "on_staff_device": True}, 2),
    ({"tells_others": True, "was_ended": True}, 2),
    ({"tells_others": True, "is_on_roster": True, "on_students_device": True}, 1),
    ({"tells_others": True, "name_has_account": True}, 2),
    ({"tells_others": True, "is_staff_name": True}, 2),
    ({"tells_others": True, "has_other_relation": True}, 1),
])  # fmt: skip
def test_how_many_people_confirm(facts, n):
    assert confirmations_needed(NewcomerFacts(**facts)) == n


def test_a_third_guardian_needs_two_people(registered):
    factories.guardian(
        registered.ren, "じろう", email="jiro@example.com"
    )  # あおい is the other one
    assert load_context(registered.registration, again(registered.nurse)).n_needed == 2
    assert confirm(registered.registration, registered.nurse.user).is_waiting
    assert not confirm(registered.registration, registered.counsellor.user, kind="").is_waiting


def test_where_somebody_is_kept_out_one_of_the_two_is_the_lead_or_the_city(registered):
    Guardianship.objects.filter(guardian=registered.other_guardian).update(standing="kept_out")
    confirm(registered.registration, registered.nurse.user)
    with pytest.raises(registrations.CannotConfirm, match="管理職か市"):
        confirm(registered.registration, registered.counsellor.user)
    confirm(registered.registration, registered.principal.user)
    assert guardianship_of(registered.registration).standing == GuardianStanding.DECIDES


def test_an_ex_partner_who_is_kept_out_is_on_no_list_and_in_by_no_hand(registered, sign_in):
    guardianship = Guardianship.objects.get(guardian=registered.other_guardian)
    Guardianship.objects.filter(pk=guardianship.pk).update(standing="kept_out")
    who = registered.other_guardian
    registration = come(
        registered.letter, "second@mail.example", given=who.given_name, family=who.family_name
    )
    for post in (registered.nurse, registered.principal, registered.officer):
        assert "second" not in sign_in(post.user).get(LIST).content.decode()
        with pytest.raises(registrations.CannotConfirm, match="管理職に聞いて"):
            confirm(registration, post.user)
        _, refused = evidence.record_evidence(
            [registration.pk], EvidenceKind.MEETING, by=again(post)
        )
        assert refused
    assert guardianship_of(registration).standing == GuardianStanding.WAITING


def test_nobody_confirms_for_their_own_child(registered):
    mother = factories.staff_post(Role.PRINCIPAL, registered.school, name="母でもある教頭")
    guardian = factories.guardian(registered.ren, "教頭", email="")
    guardian.user = mother.user
    guardian.save(update_fields=["user"])
    with pytest.raises(registrations.CannotConfirm):
        confirm(registered.registration, mother.user)


def test_nobody_confirms_themselves_with_a_second_account(registered):
    clerk = factories.staff_post(Role.NURSE, registered.school, name="養護の人")
    registered.registration.user = clerk.user
    registered.registration.save(update_fields=["user"])
    twin = factories.second_account(clerk, Role.PRINCIPAL, at=registered.school)
    for post in (clerk, twin):
        with pytest.raises(registrations.CannotConfirm):
            confirm(registered.registration, post.user)


def test_by_address_from_another_school_nothing_is_confirmed(registered, sign_in):
    other_school = factories.school(registered.city, "C117220600025", "ほかの中学校(架空)")
    page_token = registrations.page_token_of(registered.registration, again(registered.nurse))
    for post in (factories.staff_post(Role.PRINCIPAL, other_school), registered.away_nurse):
        desk = sign_in(post.user)
        sent = {
            "registration": f"{registered.registration.pk}.{page_token}",
            "verb": "confirm",
            "kind": "meeting",
        }
        desk.post(LIST, sent)
        desk.post(LIST, {**sent, "verb": "note"})
        desk.post(reverse("admin:registration_slips_confirm"), {"ticks": sent["registration"]})
        with pytest.raises(registrations.CannotConfirm):
            confirm(registered.registration, post.user)
    assert guardianship_of(registered.registration).standing == GuardianStanding.WAITING
    assert not RegistrationEvidence.objects.exists()


# -- the list -------------------------------------------------------------------------------------


def test_the_list_shows_facts_for_and_against(registered, sign_in):
    named_without_account(registered.ren, "ひかる")
    registered.registration.on_students_device = True
    registered.registration.save(update_fields=["on_students_device"])
    come(registered.letter, "other@mail.example", given="べつの", family="小松")
    page = sign_in(registered.nurse.user).get(LIST).content.decode()
    for words in ("名簿の保護者と同じです", "生徒がサインインしたことのある端末", "続柄: 母",
                  "ほかに1人が待っています", "姓は、子どもと同じではありません"):  # fmt: skip
        assert words in page
    warned = page.split("よく見ること")[1].split("</ul>")[0]
    assert "姓" not in warned


def test_the_mail_domain_of_the_school_is_shown_and_a_common_one_is_not(registered):
    User.objects.filter(pk=registered.homeroom.user.pk).update(email="t@school.example")
    User.objects.filter(pk=registered.counsellor.user.pk).update(email="c@gmail.com")
    for address, is_own in (("x@school.example", True), ("x@gmail.com", False)):
        User.objects.filter(pk=registered.registration.user.pk).update(email=address)
        assert (
            load_context(registered.registration, again(registered.nurse)).facts.has_own_domain
            == is_own
        )


def test_the_same_person_at_other_children_is_counted_within_the_school_alone(registered):
    come(letter_of(registered.sakura, by=registered.office.user, code="S"), "hikaru@mail.example")
    other_school = factories.school(registered.city, "C117220600025", "ほかの中学校(架空)")
    far = factories.student(factories.school_class(other_school, "3年9組", "J3"), "つばき")
    come(letter_of(far, by=registered.office.user, code="T"), "hikaru@mail.example")
    assert load_context(registered.registration, again(registered.nurse)).facts.n_elsewhere == 1
    assert load_context(registered.registration, again(registered.officer)).facts.n_elsewhere == 2


def test_a_page_that_is_no_longer_so_confirms_nobody(registered):
    page_token = registrations.page_token_of(registered.registration, again(registered.nurse))
    come(registered.letter, "other@mail.example", given="べつの")  # now two wait for one child
    with pytest.raises(registrations.CannotConfirm, match="開いたあとに変わりました"):
        registrations.confirm_registration(
            registered.registration, by=again(registered.nurse), page_token=page_token, kind="slip"
        )


def test_the_list_goes_on_page_by_page(registered, sign_in, monkeypatch):
    monkeypatch.setattr("apps.registration.services.confirmation_queue.PAGE_SIZE", 2)
    for n in range(4):
        come(registered.letter, f"n{n}@mail.example", given=f"にん{n}")
    desk = sign_in(registered.nurse.user)
    named, address = [], LIST
    while address:
        page = desk.get(address).content.decode()
        named += re.findall(r"にん\d|ひかる", page)
        more = re.search(r'href="(\?after=[^"]+)"', page)
        address = LIST + more[1] if more else ""
    assert sorted(set(named)) == ["にん0", "にん1", "にん2", "にん3", "ひかる"]
    assert desk.get(LIST + "?after=x").status_code == 200


# -- endings and reminders --------------------------------------------------------------------------------


def test_a_refusal_and_a_lapse_end_the_guardianship_and_one_may_register_again(
    registered, time_machine
):
    nurse = again(registered.nurse)
    registrations.refuse_registration(
        registered.registration,
        by=nurse,
        page_token=registrations.page_token_of(registered.registration, nurse),
    )
    assert guardianship_of(registered.registration).ended_at is not None
    second = come(registered.letter, "hikaru@mail.example")
    time_machine.move_to(timezone.now() + timedelta(days=41), tick=False)
    assert registration_endings.lapse_unconfirmed() == 1
    second.refresh_from_db()
    assert second.state == RegistrationState.LAPSED
    assert guardianship_of(second).ended_at is not None
    come(registered.letter, "hikaru@mail.example")


def test_a_refused_letter_of_a_child_has_no_addressee_and_can_be_read_again(registered, sign_in):
    nurse = again(registered.nurse)
    registrations.refuse_registration(
        registered.registration,
        by=nurse,
        page_token=registrations.page_token_of(registered.registration, nurse),
    )
    page = sign_in(registered.registration.user).get("/").content.decode()
    assert "お子さんの保護者の方だと確かめられなかった" in page
    assert "同じ手紙をもう一度読み取って" in page
    assert "あて名" not in page and "新しい手紙をもらえます" not in page


def test_the_school_is_reminded_once_after_three_school_days_without_a_name(
    registered, time_machine, mailoutbox, sign_in
):
    time_machine.move_to("2026-12-01T10:00:00+09:00", tick=False)  # a Tuesday
    registration = come(registered.letter, "late@mail.example", given="おそい")
    time_machine.move_to("2026-12-03T10:00:00+09:00", tick=False)
    reminders.send_reminders()
    registration.refresh_from_db()
    assert registration.reminded_at is None
    time_machine.move_to("2026-12-04T10:00:00+09:00", tick=False)
    assert (
        "3授業日より長く待っている保護者"
        in sign_in(registered.nurse.user).get(TODAY).content.decode()
    )
    mailoutbox.clear()
    assert reminders.send_reminders() > 0
    addresses = {address for mail in mailoutbox for address in mail.to}
    assert {registered.nurse.user.email, registered.principal.user.email} <= addresses
    assert registered.homeroom.user.email not in addresses
    for mail in mailoutbox:
        assert "おそい" not in mail.body + mail.subject
        assert "れん" not in mail.body + mail.subject
    assert reminders.send_reminders() == 0


def test_the_database_refuses_an_odd_kind_of_evidence(registered):
    confirm(registered.registration, registered.nurse.user)
    with pytest.raises(IntegrityError), transaction.atomic():
        RegistrationEvidence.objects.create(
            municipality=registered.city, registration=registered.registration, kind="odd", recorded_by=registered.nurse.user,
            recorded_role="nurse", recorded_at=timezone.now(),
        )  # fmt: skip


def test_several_of_one_home_are_confirmed_one_after_the_other_with_one_evidence_each(registered):
    """One person of a children's home: a letter and a confirmation for each child."""
    children = [registered.sakura, registered.ren]
    codes = ["H1", "H2"]
    registered.letter.revoked_at = timezone.now()
    registered.letter.save(update_fields=["revoked_at"])
    waiting = [
        come(letter_of(child, by=registered.office.user, code=code), "staff@home.example",
             relation="home_staff")
        for child, code in zip(children, codes, strict=True)
    ]  # fmt: skip
    nurse = again(registered.nurse)
    for registration in waiting:
        registrations.confirm_registrations(
            {registration.pk: registrations.page_token_of(registration, nurse)},
            by=nurse,
            kind=EvidenceKind.CALL_BACK,
        )
    assert [guardianship_of(each).standing for each in waiting] == ["informed", "informed"]
    assert RegistrationEvidence.objects.count() == 2
