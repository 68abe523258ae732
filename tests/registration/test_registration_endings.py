"""How a registration ends: refused, lapsed, repeated, kept out."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.consent.services import standing_changes
from apps.people.models import Guardian
from apps.registration.models import (
    GuardianRegistration,
    InvitationLetter,
    RegistrationConfirmation,
    RegistrationEvidence,
    RegistrationState,
)
from apps.registration.services import confirmation_queue, letters, print_runs, registrations
from apps.registration.tasks import follow_acts
from tests import factories
from tests.registration.letter_helpers import registration_of, say_yes
from tests.registration.registration_helpers import (
    ACCEPT,
    LIST,
    _answer_text,
    code_of,
    newcomer,
    ticks,
    tied,
)


def test_a_refusal_ends_the_registration_and_says_whom_to_ask(registered, sign_in):
    desk = sign_in(registered.nurse.user)
    page = desk.get(LIST)
    desk.post(LIST, {"registration": ticks(page), "verb": "refuse"})
    registration = registration_of(registered.hikaru)
    assert (registration.state, registration.refused_by) == (
        RegistrationState.REFUSED,
        registered.nurse.user,
    )
    page = sign_in(registered.account).get("/").content.decode()
    assert "登録は取り消されました" in page
    assert "東和中学校(架空)に連絡してください" in page
    assert registered.sakura.given_name not in page
    with pytest.raises(registrations.CannotConfirm):
        say_yes(registered.hikaru, registered.principal.user)
    print_runs.print_letters(
        [registered.hikaru], school_class=registered.class_1, by=registered.office.user
    )
    real = factories.user("real@example.com")
    assert letters.accept_guardian_letter(
        code_of(registered.hikaru), real, tells_others=True
    ).is_waiting


def test_an_unconfirmed_registration_lapses_after_forty_days(registered, sign_in, time_machine):
    time_machine.move_to(timezone.now() + timedelta(days=39, hours=23), tick=False)
    follow_acts()
    assert registration_of(registered.hikaru).is_waiting
    time_machine.shift(timedelta(hours=1, seconds=1))
    with pytest.raises(
        registrations.CannotConfirm, match="期限がすぎた"
    ):  # before any periodic task ran
        say_yes(registered.hikaru, registered.nurse.user)
    assert confirmation_queue.oldest_waiting_for(registered.nurse.user) == []
    follow_acts()
    assert registration_of(registered.hikaru).state == RegistrationState.LAPSED
    assert "40日のあいだに" in sign_in(registered.account).get("/").content.decode()
    assert not tied(registered)


def test_after_a_lapse_a_new_letter_begins_anew_without_any_worker(registered, time_machine):
    time_machine.move_to(timezone.now() + timedelta(days=41), tick=False)
    print_runs.print_letters(
        [registered.hikaru], school_class=registered.class_1, by=registered.office.user
    )
    letters.accept_guardian_letter(
        code_of(registered.hikaru), registered.account, tells_others=True
    )
    states = GuardianRegistration.objects.order_by("registered_at").values_list("state", flat=True)
    assert list(states) == [RegistrationState.LAPSED, RegistrationState.WAITING]


def test_a_new_letter_lets_nobody_else_come_while_one_waits(registered, sign_in):
    print_runs.print_letters(
        [registered.hikaru], school_class=registered.class_1, by=registered.office.user
    )
    code = code_of(registered.hikaru)
    client = sign_in(factories.user("other@example.com"))
    client.post(reverse("registration:letter_entry"), {"code": code})
    answer = client.post(ACCEPT, {"has_secret": "no", "tells_others": "no"})
    assert answer.status_code == 422
    assert "もう学校の確認を待っています" in answer.content.decode()
    assert (
        InvitationLetter.objects.usable().filter(guardian=registered.hikaru).exists()
    )  # can still be used
    again = letters.accept_guardian_letter(code, registered.account)
    assert again == registration_of(registered.hikaru)
    assert GuardianRegistration.objects.count() == 1


def test_a_repeated_request_is_one_registration(cast, sign_in):
    hikaru = newcomer(cast, cast.sakura)
    client = sign_in(factories.user("hikaru@example.com"))
    client.post(reverse("registration:letter_entry"), {"code": hikaru.code})
    cookies = dict(client.cookies)
    for _ in range(2):
        client.cookies.update(cookies)
        assert client.post(ACCEPT, {"has_secret": "no", "tells_others": "yes"}).url == "/"
    assert GuardianRegistration.objects.count() == 1


def test_a_tick_on_a_list_that_has_changed_confirms_nobody(registered, sign_in):
    desk = sign_in(registered.nurse.user)
    seen = ticks(desk.get(LIST))
    factories.guardianship(registered.hikaru, registered.ren)  # one more child would be opened
    answer = desk.post(
        LIST, {"registration": seen, "verb": "confirm", "kind": "meeting"}, follow=True
    ).content.decode()
    assert "開いたあとに変わりました" in answer
    assert not tied(registered)


@pytest.mark.parametrize("sent", ["", "x", "x.y", "\x00", "00000000-0000-4000-8000-000000000000."])
def test_a_tick_of_nothing_is_a_sentence(registered, sign_in, sent):
    desk = sign_in(registered.nurse.user)
    answer = desk.post(
        LIST, {"registration": [sent], "verb": "confirm", "kind": "meeting"}, follow=True
    )
    assert answer.status_code in (200, 400)
    assert desk.post(LIST, {"verb": "nothing"}).status_code == 404
    assert not tied(registered)


def test_a_guardian_disabled_by_the_roster_meanwhile_is_not_admitted(registered):
    Guardian.objects.filter(pk=registered.hikaru.pk).update(is_enabled=False)
    with pytest.raises(registrations.CannotConfirm, match="名簿"):
        say_yes(registered.hikaru, registered.nurse.user)
    assert not RegistrationConfirmation.objects.exists()
    assert not RegistrationEvidence.objects.exists()  # a second person could have relied on it


# -- guardians who are kept out ---------------------------------------------------------------------


def keep_out(guardianship, by):
    standing_changes.keep_out(
        guardianship,
        by=by,
        why="support",
        reason="支援措置の通知が届いたため",
        document_number="第1号",
    )


def test_who_is_kept_out_while_waiting_is_not_confirmed_and_the_page_stays_the_same(
    registered, sign_in
):
    before = _answer_text(sign_in(registered.account).get("/").content.decode())
    keep_out(registered.hikaru.guardianships.get(), registered.principal.user)
    for person in (registered.nurse.user, registered.counsellor.user, registered.officer.user):
        assert "ひかる" not in sign_in(person).get(LIST).content.decode()
        with pytest.raises(registrations.CannotConfirm):
            say_yes(registered.hikaru, person)
    assert _answer_text(sign_in(registered.account).get("/").content.decode()) == before
    assert "ひかる" not in sign_in(registered.sakura.user).get("/").content.decode()


def test_whose_other_row_is_kept_out_from_the_child_is_not_confirmed(cast):
    hikaru = newcomer(cast, cast.sakura)
    letters.accept_guardian_letter(hikaru.code, cast.midori.user, tells_others=True)
    keep_out(cast.midori.guardianships.get(), cast.principal.user)
    with pytest.raises(registrations.CannotConfirm, match="管理職に聞いて"):
        say_yes(hikaru, cast.nurse.user)
    hikaru.refresh_from_db()
    assert hikaru.user is None
