"""The school confirms who registered with a child letter: never by a name alone, never by its
printer.
"""

import re
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.audit.models import Action
from apps.people.models import GuardianStanding, Role, User
from apps.registration.confirmation_rules import (
    DECIDING_RELATIONS,
    RELATIONS_BY_DOCUMENT,
    standing_when_confirmed,
)
from apps.registration.models import (
    EvidenceKind,
    RegistrationEvidence,
    RegistrationState,
)
from apps.registration.services import (
    evidence,
    registration_endings,
    registrations,
    revocations,
)
from apps.registration.services.registrations import load_context
from tests import factories
from tests.database_roles import as_owner
from tests.records import actors_of
from tests.registration.confirmation_helpers import come, confirm, guardianship_of, letter_of
from tests.registration.school_confirmation_helpers import LIST, again, named_without_account


def tick(page):
    return re.search(r'name="registration" value="([^"]+)"', page.content.decode())[1]


# -- a name alone is no evidence ------------------------------------------------------------------


def test_a_name_that_fits_confirms_nobody(claimed):
    named_without_account(claimed.ren, "ひかる")  # she is in the roster too
    assert load_context(claimed.registration, again(claimed.nurse)).facts.is_on_roster
    for kind in ("", "vouch", "document"):
        with pytest.raises(registrations.CannotConfirm, match="名前が合うだけでは"):
            confirm(claimed.registration, claimed.nurse.user, kind=kind)
    assert guardianship_of(claimed.registration).standing == GuardianStanding.WAITING


def test_a_name_on_the_schools_list_is_shown_and_confirms_nobody(claimed, sign_in):
    assert (
        "名前が、学校の保護者の一覧と同じです"
        in sign_in(claimed.nurse.user).get(LIST).content.decode()
    )
    with pytest.raises(registrations.CannotConfirm, match="名前が合うだけでは"):
        confirm(claimed.registration, claimed.nurse.user, kind="")


def test_who_came_by_a_revoked_run_is_flagged_and_needs_two_people(claimed, sign_in):
    sheet = claimed.letter.printings.get().sheet
    revocations.revoke_print_run(sheet, by=claimed.principal.user, reason="箱ごと盗まれたため")
    assert "使えなくした手紙で来ました" in sign_in(claimed.nurse.user).get(LIST).content.decode()
    confirm(claimed.registration, claimed.nurse.user)
    assert guardianship_of(claimed.registration).standing == GuardianStanding.WAITING


@pytest.mark.parametrize("kind", ["slip", "call_back", "meeting"])
def test_one_thing_from_another_path_is_enough_and_stands_on_record(claimed, kind):
    confirm(claimed.registration, claimed.nurse.user, kind=kind)
    guardianship = guardianship_of(claimed.registration)
    assert (guardianship.standing, guardianship.ended_at) == (GuardianStanding.DECIDES, None)
    evidence = RegistrationEvidence.objects.get()
    assert (evidence.kind, evidence.recorded_by, evidence.recorded_role) == (
        kind,
        claimed.nurse.user,
        Role.NURSE,
    )
    refused = pytest.raises(Exception, match="Cannot update")
    with as_owner(), refused, transaction.atomic():
        RegistrationEvidence.objects.update(kind="vouch")


def test_what_was_recorded_before_lets_another_person_confirm(claimed):
    nurse = again(claimed.nurse)
    found, refused = evidence.record_evidence(
        [claimed.registration.pk], EvidenceKind.CALL_BACK, by=nurse
    )
    assert len(found) == 1
    assert not refused
    confirm(claimed.registration, claimed.principal.user, kind="")
    assert guardianship_of(claimed.registration).standing == GuardianStanding.DECIDES


def test_who_made_the_letter_neither_confirms_nor_records(claimed):
    for post in (
        claimed.office,
        factories.second_account(claimed.office, Role.NURSE, at=claimed.school),
    ):
        user = again(post)
        with pytest.raises(registrations.CannotConfirm):
            confirm(claimed.registration, user)
        found, refused = evidence.record_evidence(
            [claimed.registration.pk], EvidenceKind.SLIP, by=user
        )
        assert not found
        assert len(refused) == 1
    assert not RegistrationEvidence.objects.exists()


def test_a_homeroom_teacher_vouches_and_that_confirms_nobody(claimed, sign_in):
    teacher = factories.staff_post(
        Role.HOMEROOM, claimed.school, in_class=claimed.class_2, name="二組の担任"
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
        confirm(claimed.registration, claimed.nurse.user, kind="")
    with pytest.raises(registrations.CannotConfirm):
        confirm(claimed.registration, teacher.user)


def test_a_homeroom_teacher_of_another_class_sees_and_vouches_for_nobody(claimed, sign_in):
    desk = sign_in(claimed.homeroom.user)  # of class 1; れん is in class 2
    assert "ひかる" not in desk.get(LIST).content.decode()
    _, refused = evidence.record_evidence(
        [claimed.registration.pk], EvidenceKind.VOUCH, by=again(claimed.homeroom)
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


def test_a_grandmother_is_informed(claimed):
    registration = come(letter_of(claimed.sakura, by=claimed.office.user, code="G"), "granny@mail.example",
                   relation="grandparent")  # fmt: skip
    confirm(registration, claimed.nurse.user)
    assert guardianship_of(registration).standing == GuardianStanding.INFORMED


def test_the_head_of_a_home_shows_a_document_or_two_confirm_and_is_informed(claimed):
    one = come(letter_of(claimed.sakura, by=claimed.office.user, code="A"), "head@home.example",
               relation="home_head", listed=False)  # fmt: skip
    assert load_context(one, again(claimed.nurse)).n_needed == 2
    with pytest.raises(evidence.CannotRecord):
        evidence.record_evidence([one.pk], EvidenceKind.DOCUMENT, by=again(claimed.nurse))
    evidence.record_evidence(
        [one.pk], EvidenceKind.DOCUMENT, by=again(claimed.nurse), document_number=" 辞令 第3号 "
    )
    assert RegistrationEvidence.objects.get().document_number == "辞令 第3号"
    # evidence and confirmation of one person count once
    assert load_context(one, again(claimed.nurse)).n_needed == 2
    assert load_context(one, again(claimed.counsellor)).n_needed == 1
    confirm(one, claimed.counsellor.user, kind="call_back")
    assert guardianship_of(one).standing == GuardianStanding.DECIDES


# -- the list -------------------------------------------------------------------------------------


def test_the_list_shows_facts_for_and_against(claimed, sign_in):
    named_without_account(claimed.ren, "ひかる")
    claimed.registration.on_students_device = True
    claimed.registration.save(update_fields=["on_students_device"])
    come(claimed.letter, "other@mail.example", given="べつの", family="小松")
    page = sign_in(claimed.nurse.user).get(LIST).content.decode()
    for words in ("名簿の保護者と同じです", "生徒がサインインしたことのある端末", "続柄: 母",
                  "ほかに1人が待っています", "姓は、子どもと同じではありません"):  # fmt: skip
        assert words in page
    warned = page.split("よく見ること")[1].split("</ul>")[0]
    assert "姓" not in warned


def test_the_mail_domain_of_the_school_is_shown_and_a_common_one_is_not(claimed):
    User.objects.filter(pk=claimed.homeroom.user.pk).update(email="t@school.example")
    User.objects.filter(pk=claimed.counsellor.user.pk).update(email="c@gmail.com")
    for address, is_own in (("x@school.example", True), ("x@gmail.com", False)):
        User.objects.filter(pk=claimed.registration.user.pk).update(email=address)
        assert (
            load_context(claimed.registration, again(claimed.nurse)).facts.has_school_domain
            == is_own
        )


def test_the_same_person_at_other_children_is_counted_within_the_school_alone(claimed):
    come(letter_of(claimed.sakura, by=claimed.office.user, code="S"), "hikaru@mail.example")
    other_school = factories.school(claimed.city, "C117220600025", "ほかの中学校(架空)")
    far = factories.student(factories.school_class(other_school, "3年9組", "J3"), "つばき")
    come(letter_of(far, by=claimed.office.user, code="T"), "hikaru@mail.example")
    assert load_context(claimed.registration, again(claimed.nurse)).facts.n_elsewhere == 1
    assert load_context(claimed.registration, again(claimed.officer)).facts.n_elsewhere == 2


def test_a_page_that_is_no_longer_so_confirms_nobody(claimed):
    page_token = registrations.page_token_of(claimed.registration, again(claimed.nurse))
    come(claimed.letter, "other@mail.example", given="べつの")  # now two wait for one child
    with pytest.raises(registrations.CannotConfirm, match="開いたあとに変わりました"):
        registrations.confirm_registration(
            claimed.registration, by=again(claimed.nurse), page_token=page_token, kind="slip"
        )


def test_the_list_goes_on_page_by_page(claimed, sign_in, monkeypatch):
    monkeypatch.setattr("apps.registration.services.confirmation_queue.PAGE_SIZE", 2)
    for n in range(4):
        come(claimed.letter, f"n{n}@mail.example", given=f"にん{n}")
    desk = sign_in(claimed.nurse.user)
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
    claimed, time_machine
):
    nurse = again(claimed.nurse)
    registrations.refuse_registration(
        claimed.registration,
        by=nurse,
        page_token=registrations.page_token_of(claimed.registration, nurse),
    )
    assert guardianship_of(claimed.registration).ended_at is not None
    assert actors_of(Action.REGISTRATION_REFUSED) == [nurse]
    second = come(claimed.letter, "hikaru@mail.example")
    time_machine.move_to(timezone.now() + timedelta(days=41), tick=False)
    assert registration_endings.lapse_unconfirmed() == 1
    second.refresh_from_db()
    assert second.state == RegistrationState.LAPSED
    assert guardianship_of(second).ended_at is not None
    come(claimed.letter, "hikaru@mail.example")


def test_a_refused_letter_of_a_child_has_no_addressee_and_can_be_read_again(claimed, sign_in):
    nurse = again(claimed.nurse)
    registrations.refuse_registration(
        claimed.registration,
        by=nurse,
        page_token=registrations.page_token_of(claimed.registration, nurse),
    )
    page = sign_in(claimed.registration.user).get("/").content.decode()
    assert "お子さんの保護者の方だと確かめられなかった" in page
    assert "同じ手紙をもう一度読み取って" in page
    assert "あて名" not in page and "新しい手紙をもらえます" not in page


def test_the_database_refuses_an_odd_kind_of_evidence(claimed):
    confirm(claimed.registration, claimed.nurse.user)
    with pytest.raises(IntegrityError), transaction.atomic():
        RegistrationEvidence.objects.create(
            municipality=claimed.city, registration=claimed.registration, kind="odd", recorded_by=claimed.nurse.user,
            recorded_role="nurse", recorded_at=timezone.now(),
        )  # fmt: skip


def test_several_of_one_home_are_confirmed_one_after_the_other_with_one_evidence_each(claimed):
    """One person of a children's home: a letter and a confirmation for each child."""
    children = [claimed.sakura, claimed.ren]
    codes = ["H1", "H2"]
    claimed.letter.revoked_at = timezone.now()
    claimed.letter.save(update_fields=["revoked_at"])
    waiting = [
        come(letter_of(child, by=claimed.office.user, code=code), "staff@home.example",
             relation="home_staff")
        for child, code in zip(children, codes, strict=True)
    ]  # fmt: skip
    nurse = again(claimed.nurse)
    for registration in waiting:
        registrations.confirm_registrations(
            {registration.pk: registrations.page_token_of(registration, nurse)},
            by=nurse,
            kind=EvidenceKind.CALL_BACK,
        )
    assert [guardianship_of(each).standing for each in waiting] == ["informed", "informed"]
    assert RegistrationEvidence.objects.count() == 2
