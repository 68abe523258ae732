"""Newcomers correct their statement until the school has begun to confirm it."""

import re

import pytest
from django.db import connection
from django.urls import reverse

from apps.audit.models import AuditEvent
from apps.consent.services import standing_changes
from apps.people.models import Guardian, Guardianship
from apps.registration.models import EvidenceKind, GuardianRegistration, RegistrationState
from apps.registration.services import evidence, own_guardianships, registrations
from apps.registration.services.newcomer_corrections import ASK_SCHOOL
from tests import factories
from tests.registration.confirmation_helpers import confirm
from tests.registration.letter_helpers import (
    NEWCOMER,
    child_letter,
    come_in,
    scan,
    waiting_guardianship,
)

RIGHT = NEWCOMER | {
    "family_name": "加賀美", "given_name": "ひかり", "family_kana": "かがみ",
    "given_kana": "ひかり", "relation": "mother",
}  # fmt: skip


def said_page(student):
    return reverse("registration:own_statement", args=[student.pk])


def correct_page(student):
    return reverse("registration:correct_own_statement", args=[student.pk])


@pytest.fixture
def town(cast, sign_in):
    """さくら's letter, and somebody who registered with it under a wrong name."""
    cast.letter, cast.code = child_letter(cast.sakura, cast.principal.user)
    cast.account = factories.user("hikaru@example.com")
    cast.client = sign_in(cast.account)
    come_in(cast.client, cast.code)
    return cast


def guardian_of(account):
    return Guardian.objects.get(user=account, origin="letter")


def confirm_by_two(town):
    confirm(GuardianRegistration.objects.get(), town.nurse.user)
    confirm(GuardianRegistration.objects.get(), town.counsellor.user, kind="")


# -- the whole way ---------------------------------------------------------------------------------


def test_who_waits_sees_what_was_chosen_and_corrects_it(town):
    home = town.client.get("/").content.decode()
    assert said_page(town.sakura) in home
    page = town.client.get(said_page(town.sakura)).content.decode()
    for shown in ("加賀 ひかる", "カガ ヒカル", "父", correct_page(town.sakura)):
        assert shown in page
    assert 'value="加賀"' in town.client.get(correct_page(town.sakura)).content.decode()
    answer = town.client.post(correct_page(town.sakura), RIGHT)
    assert answer.url == said_page(town.sakura)
    page = town.client.get(said_page(town.sakura)).content.decode()
    assert "加賀美 ひかり" in page
    assert "母" in page
    guardian = guardian_of(town.account)
    assert guardian.full_name == "加賀美 ひかり"
    old, new = GuardianRegistration.objects.order_by("registered_at")
    assert (old.state, new.state) == (RegistrationState.TAKEN_BACK, RegistrationState.WAITING)
    assert (new.invitation, new.guardian) == (town.letter, guardian)
    assert waiting_guardianship(town.account, town.sakura).relation == "mother"
    event = AuditEvent.objects.get(thing_id=str(old.pk), fields__contains=["family_name"])
    assert "relation" in event.fields
    assert event.actor_id == town.account.pk


def test_what_was_confirmed_is_what_was_corrected(town):
    town.client.post(correct_page(town.sakura), RIGHT)
    new = GuardianRegistration.objects.waiting().get()
    confirm(new, town.nurse.user)
    confirm(new, town.counsellor.user, kind="")
    guardianship = Guardianship.objects.current().get(guardian__user=town.account)
    assert (guardianship.relation, guardianship.standing) == ("mother", "decides")


def test_a_tick_on_the_wrong_name_confirms_nobody(town):
    old = GuardianRegistration.objects.get()
    page_token = registrations.page_token_of(old, town.nurse.user)
    town.client.post(correct_page(town.sakura), RIGHT)
    with pytest.raises(registrations.CannotConfirm):
        registrations.confirm_registration(
            old, by=town.nurse.user, page_token=page_token, kind=EvidenceKind.MEETING
        )
    assert not Guardianship.objects.current().filter(guardian__user=town.account).exists()


def test_the_school_sees_that_it_was_said_anew(town):
    town.client.post(correct_page(town.sakura), RIGHT)
    context = registrations.load_context(
        GuardianRegistration.objects.waiting().get(), town.nurse.user
    )
    assert context.facts.n_before == 1
    assert not context.evidence


def test_the_same_correction_sent_twice_is_one(town):
    for _ in range(2):
        assert town.client.post(correct_page(town.sakura), RIGHT).url == said_page(town.sakura)
    assert GuardianRegistration.objects.count() == 2


def test_a_corrected_name_holds_for_every_child_for_whom_they_wait(town):
    come_in(town.client, child_letter(town.ren, town.principal.user)[1], relation="grandparent")
    town.client.post(correct_page(town.sakura), RIGHT)
    assert "加賀美 ひかり" in town.client.get(said_page(town.ren)).content.decode()
    assert waiting_guardianship(town.account, town.ren).relation == "grandparent"
    assert GuardianRegistration.objects.waiting().count() == 2
    assert GuardianRegistration.objects.filter(state="taken_back").count() == 2


def test_a_secret_stays_encrypted_and_keeps_its_safe_contact(town):
    secret = NEWCOMER | {"has_secret": "yes", "safe_contact": "夜8時 090-0000-0000"}
    town.client.post(correct_page(town.sakura), secret)
    page = town.client.get(correct_page(town.sakura)).content.decode()
    assert "090-0000-0000" not in page
    choices = re.findall(r'<input[^>]*name="(?:has_secret|tells_others)"[^>]*>', page)
    assert len(choices) == 4 and not any("checked" in choice for choice in choices)
    town.client.post(correct_page(town.sakura), RIGHT | {"has_secret": "yes"})
    new = GuardianRegistration.objects.waiting().get()
    assert (new.has_secret, new.safe_contact) == (True, "夜8時 090-0000-0000")
    assert waiting_guardianship(town.account, town.sakura).must_stay_unknown


def test_what_is_no_name_is_asked_again(town):
    answer = town.client.post(correct_page(town.sakura), RIGHT | {"family_name": "12"})
    assert answer.status_code == 422
    assert GuardianRegistration.objects.count() == 1


def test_nobody_corrects_for_ever_on_one_day(town):
    for n in range(7):
        town.client.post(correct_page(town.sakura), RIGHT | {"given_name": "あいうえおかき"[n]})
    assert GuardianRegistration.objects.count() == 6


# -- refused -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [EvidenceKind.SLIP, EvidenceKind.MEETING, EvidenceKind.VOUCH])
def test_once_the_school_has_recorded_anything_it_answers_neutrally(town, kind):
    registration = GuardianRegistration.objects.get()
    by = town.homeroom if kind == EvidenceKind.VOUCH else town.nurse
    found, _ = evidence.record_evidence([registration.pk], kind, by=by.user)
    assert found
    assert correct_page(town.sakura) in town.client.get(said_page(town.sakura)).content.decode()
    for answer in (town.client.get(correct_page(town.sakura)),
                   town.client.post(correct_page(town.sakura), RIGHT)):  # fmt: skip
        assert answer.status_code == 422
        assert str(ASK_SCHOOL) in answer.content.decode()
        assert town.school.name in answer.content.decode()
    assert guardian_of(town.account).full_name == "加賀 ひかる"
    assert GuardianRegistration.objects.count() == 1


def test_evidence_of_one_child_holds_the_name_of_all(town):
    come_in(town.client, child_letter(town.ren, town.principal.user)[1])
    registration = GuardianRegistration.objects.get(student=town.ren)
    evidence.record_evidence([registration.pk], EvidenceKind.SLIP, by=town.nurse.user)
    assert town.client.post(correct_page(town.sakura), RIGHT).status_code == 422
    assert guardian_of(town.account).full_name == "加賀 ひかる"


def test_who_is_confirmed_for_one_child_corrects_no_name_for_the_next(town):
    confirm_by_two(town)
    come_in(town.client, child_letter(town.ren, town.principal.user)[1])
    page = town.client.get(correct_page(town.ren)).content.decode()
    assert 'name="family_name"' not in page
    town.client.post(correct_page(town.ren), RIGHT)
    assert guardian_of(town.account).full_name == "加賀 ひかる"
    assert waiting_guardianship(town.account, town.ren).relation == "mother"


def test_others_find_no_such_page(town, sign_in):
    for client in (sign_in(town.midori.user), sign_in(factories.user("x@example.com"))):
        for page in (said_page(town.sakura), correct_page(town.sakura)):
            assert client.get(page).status_code == 404
            assert client.post(page, RIGHT).status_code in (404, 405)


def test_a_letter_that_was_revoked_corrects_nothing(town):
    type(town.letter).objects.filter(pk=town.letter.pk).update(revoked_at="2026-01-01T00:00Z")
    assert town.client.post(correct_page(town.sakura), RIGHT).status_code == 422
    assert GuardianRegistration.objects.count() == 1


# -- kept out while waiting ----------------------------------------------------------------------------


def body(client, page):
    text = client.get(page).content.decode()
    text = re.sub(r'value="[A-Za-z0-9]{64}"', "", text)
    return text[text.index("<main") :]


def test_who_is_kept_out_while_waiting_corrects_like_a_twin_and_keeps_their_row(town, sign_in):
    kept_out_account = factories.user("kept@example.com")
    kept_out_client = sign_in(kept_out_account)
    come_in(kept_out_client, town.code)
    standing_changes.keep_out(
        waiting_guardianship(kept_out_account, town.sakura), by=town.principal.user, why="danger",
        reason="危ないと連絡があったため", document_number="1",
    )  # fmt: skip
    for client in (town.client, kept_out_client):
        assert client.post(correct_page(town.sakura), RIGHT).url == said_page(town.sakura)
        client.get("/")  # the message that says so is recorded
    for page in (said_page(town.sakura), correct_page(town.sakura), "/"):
        assert body(town.client, page) == body(kept_out_client, page)
    assert guardian_of(kept_out_account).full_name == "加賀 ひかる"
    assert not Guardianship.objects.current().filter(guardian__user=kept_out_account).exists()
    guardianship = Guardianship.objects.unconfirmed().get(guardian__user=kept_out_account)
    assert guardianship.standing == "kept_out"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT said_names FROM registration_guardianregistration WHERE said_names <> ''"
        )
        assert all("加賀美" not in text for (text,) in cursor.fetchall())


# -- the first name may be corrected again --------------------------------------------------------


def test_who_ended_the_wrong_one_says_their_name_anew(town):
    own_guardianships.end_own_guardianship(town.sakura.pk, by=town.account)
    page = scan(town.client, town.code).content.decode()
    assert 'name="family_name" value="加賀"' in page
    assert town.client.post(reverse("registration:accept_letter"), RIGHT).status_code == 302
    assert guardian_of(town.account).full_name == "加賀美 ひかり"


def test_who_was_confirmed_before_keeps_their_name_by_the_next_letter(town):
    confirm_by_two(town)
    own_guardianships.end_own_guardianship(town.sakura.pk, by=town.account)
    assert 'name="family_name"' not in scan(town.client, town.code).content.decode()
    town.client.post(reverse("registration:accept_letter"), RIGHT)
    assert guardian_of(town.account).full_name == "加賀 ひかる"


def test_who_was_a_guardian_before_and_is_kept_out_while_waiting_anew_reads_what_anybody_reads(
    town, sign_in
):
    former = factories.user("former@example.com")
    people = [(town.account, town.client), (former, sign_in(former))]
    come_in(people[1][1], town.code, given_name="もと", given_kana="もと")
    for registration in GuardianRegistration.objects.all():
        confirm(registration, town.nurse.user)
        confirm(registration, town.counsellor.user, kind="")
    for account, client in people:
        own_guardianships.end_own_guardianship(town.sakura.pk, by=account)
        assert come_in(client, town.code).url == "/"
    guardianship = Guardianship.objects.unconfirmed().get(guardian__user=former)
    standing_changes.keep_out(
        guardianship, by=town.principal.user, why="danger", reason="危ないと連絡があったため",
        document_number="1",
    )  # fmt: skip
    for _, client in people:
        assert scan(client, town.code).redirect_chain[-1][0] == said_page(town.sakura)
    for account, _ in people:
        own_guardianships.end_own_guardianship(town.sakura.pk, by=account)
    assert [scan(client, town.code).status_code for _, client in people] == [200, 200]
    assert [come_in(client, town.code).url for _, client in people] == ["/", "/"]
    assert not Guardianship.objects.current().filter(guardian__user=former).exists()
