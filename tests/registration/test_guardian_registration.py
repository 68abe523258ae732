"""A letter's holder is not yet the guardian: a person of the school confirms them."""

import re
import uuid

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action, Audience, AuditEvent
from apps.consent.models import Purpose, Response
from apps.consent.services.decisions import decide
from apps.consent.services.purpose_status import CannotDecide, students_known_to
from apps.disclosure.services.access_days import all_access_days
from apps.people.models import Role, User
from apps.people.permissions import visible_students
from apps.registration.models import (
    GuardianRegistration,
    RegistrationConfirmation,
)
from apps.registration.services import confirmation_queue, letters, print_runs, registrations
from apps.registration.services.registrations import load_context
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

TODAY = reverse("admin:index")


# -- before the school has confirmed -------------------------------------------------------------


def test_until_the_school_confirms_the_account_sees_and_decides_nothing(registered, sign_in):
    assert not visible_students(registered.account).exists()
    assert not list(students_known_to(registered.account))
    client = sign_in(registered.account)
    page = client.get("/").content.decode()
    assert "東和中学校(架空)の人が、あなたが保護者であることを確かめます" in page
    for name in (registered.sakura.given_name, registered.class_1.title, "みどり"):
        assert name not in page
    for address in (reverse("consent:overview", args=[registered.sakura.pk]),
                    reverse("disclosure:access_log", args=[registered.sakura.pk]),
                    reverse("disclosure:personal_data", args=[registered.sakura.pk])):  # fmt: skip
        assert client.get(address).status_code == 404
    factories.policy(registered.city)
    factories.document(registered.city)
    with pytest.raises(CannotDecide):
        decide(
            student=registered.sakura, actor=registered.account, form_key=uuid.uuid4(),
            answers={Purpose.ATTENDANCE: Response.GIVEN},
        )  # fmt: skip


def test_the_page_that_asks_names_no_child_and_one_click_never_opens_one(cast, sign_in):
    hikaru = newcomer(cast, cast.sakura)
    client = sign_in(factories.user("hikaru@example.com"))
    client.post(reverse("registration:letter_entry"), {"code": hikaru.code})
    page = client.get(ACCEPT).content.decode()
    assert cast.sakura.given_name not in page
    assert client.post(ACCEPT).status_code == 422  # nothing is preselected: both are asked
    assert (
        client.post(ACCEPT, {"has_secret": "no", "tells_others": "no"}, follow=True).status_code
        == 200
    )
    assert (
        load_context(registration_of(hikaru), cast.nurse.user).n_needed == 2
    )  # nobody is told, two confirm
    hikaru.refresh_from_db()
    assert hikaru.user is None


# -- who confirms ----------------------------------------------------------------------------------


def test_a_person_of_another_role_than_the_printer_lets_the_guardian_in(registered, sign_in):
    desk = sign_in(registered.nurse.user)
    assert "確かめを待つ保護者" in desk.get(TODAY).content.decode()
    page = desk.get(LIST)
    assert "加賀 ひかる" in page.content.decode()
    answer = desk.post(
        LIST, {"registration": ticks(page), "verb": "confirm", "kind": "meeting"}, follow=True
    )
    assert "加賀 ひかる を確かめました" in answer.content.decode()
    assert tied(registered)
    assert registered.sakura.full_name in sign_in(registered.account).get("/").content.decode()


def test_who_printed_the_letter_and_who_shares_their_role_cannot_confirm(registered, sign_in):
    colleague = factories.staff_post(Role.OFFICE, registered.school).user
    for person in (registered.office.user, colleague):
        desk = sign_in(person)
        assert "ひかる" not in desk.get(LIST).content.decode()
        with pytest.raises(registrations.CannotConfirm):
            say_yes(registered.hikaru, person)
    assert not tied(registered)
    assert not RegistrationConfirmation.objects.exists()


def test_who_prints_the_same_letter_again_cannot_confirm_it_either(cast):
    hikaru = newcomer(cast, cast.sakura)
    print_runs.print_letters([hikaru], school_class=cast.class_1, by=cast.principal.user)
    letters.accept_guardian_letter(hikaru.code, factories.user("h@example.com"), tells_others=True)
    second_lead = factories.staff_post(Role.PRINCIPAL, cast.school).user
    for person in (cast.principal.user, second_lead, cast.office.user):
        with pytest.raises(registrations.CannotConfirm):
            say_yes(hikaru, person)
    say_yes(hikaru, cast.counsellor.user)
    hikaru.refresh_from_db()
    assert hikaru.user is not None


def test_a_letter_that_was_written_and_not_printed_counts_for_its_writer(cast):
    ((hikaru, code),) = letters.issue_guardian_letters([newcomer(cast, cast.sakura)],
                                                   by=cast.principal.user)  # fmt: skip
    letters.accept_guardian_letter(code, factories.user("h@example.com"), tells_others=True)
    for person in (cast.principal.user, factories.staff_post(Role.PRINCIPAL, cast.school).user):
        with pytest.raises(registrations.CannotConfirm):
            say_yes(hikaru, person)


def test_nobody_of_another_school_sees_or_confirms_it(registered, sign_in):
    other_school = factories.school(registered.city, "C117220600025", "ほかの中学校(架空)")
    outsiders = [
        factories.staff_post(Role.NURSE, other_school).user,
        registered.away_nurse.user,
        registered.helpdesk.user,
    ]
    registration = registration_of(registered.hikaru)
    tick = f"{registration.pk}.{registrations.page_token_of(registration, registered.nurse.user)}"
    changelist = reverse("admin:registration_guardianregistration_changelist")
    one = reverse("admin:registration_guardianregistration_change", args=[registration.pk])
    for person in outsiders:
        desk = sign_in(person)
        for address in (LIST, changelist, one, TODAY):
            assert "ひかる" not in desk.get(address, follow=True).content.decode()
        desk.post(LIST, {"registration": [tick], "verb": "confirm", "kind": "meeting"})
        desk.post(LIST, {"registration": [tick], "verb": "refuse"})
        with pytest.raises(registrations.CannotConfirm):
            say_yes(registered.hikaru, person)
    assert registration_of(registered.hikaru).is_waiting


def test_a_sibling_at_another_school_is_not_named_to_this_one(registered, sign_in):
    other_school = factories.school(registered.city, "C117220600025", "ほかの中学校(架空)")
    sibling = factories.student(factories.school_class(other_school, "3年9組", "J3"), "つばき")
    factories.guardianship(registered.hikaru, sibling)
    page = sign_in(registered.nurse.user).get(LIST).content.decode()
    assert "さくら" in page
    assert "つばき" not in page
    assert "3年9組" not in page
    say_yes(registered.hikaru, registered.nurse.user)
    events = AuditEvent.objects.filter(action=Action.REGISTRATION_CONFIRMED)
    assert {event.subject_id for event in events} == {registered.sakura.pk}


# -- two people where the other guardian is not told --------------------------------------------------


def test_without_the_newcomers_leave_the_other_guardian_is_not_told_and_two_confirm(cast, sign_in):
    hikaru = newcomer(cast, cast.sakura)
    account = factories.user("hikaru@example.com")
    before = sign_in(cast.midori.user).get("/").content.decode()
    letters.accept_guardian_letter(hikaru.code, account, tells_others=False)
    say_yes(hikaru, cast.nurse.user)
    hikaru.refresh_from_db()
    assert hikaru.user is None
    with pytest.raises(registrations.CannotConfirm, match="もう確かめました"):
        say_yes(hikaru, cast.nurse.user)
    with pytest.raises(registrations.CannotConfirm):  # another nurse is the same role
        say_yes(hikaru, factories.staff_post(Role.NURSE, cast.school).user)
    say_yes(hikaru, cast.counsellor.user)
    hikaru.refresh_from_db()
    assert hikaru.user == account
    after = sign_in(cast.midori.user).get("/").content.decode()
    assert _answer_text(after) == _answer_text(before)
    seen = {day.what for day in all_access_days(cast.sakura, cast.midori.user)}
    assert not {"registration.confirmed", "invitation.used"} & seen


def test_with_the_newcomers_leave_the_other_guardian_is_told_once_they_are_in(registered, sign_in):
    client = sign_in(registered.midori.user)
    assert "ひかる" not in client.get("/").content.decode()
    say_yes(registered.hikaru, registered.nurse.user)
    page = client.get("/").content.decode()
    assert "加賀 さくら さんの保護者が、もう一人登録されました" in page
    assert "ひかる" not in page  # that there is one, not who
    outsider = sign_in(registered.other_guardian.user)
    assert "もう一人登録されました" not in outsider.get("/").content.decode()


# -- the student -------------------------------------------------------------------------------------


def test_the_student_is_told_that_somebody_was_let_in_and_no_name(registered, sign_in):
    client = sign_in(registered.sakura.user)
    assert "登録した 人が います" not in _plain(client.get("/"))
    say_yes(registered.hikaru, registered.nurse.user)
    page = _plain(client.get("/"))
    assert "あなたの 保護者として 登録した 人が います" in page
    assert "ひかる" not in page
    other = _plain(sign_in(registered.ren.user).get("/"))
    assert "登録した 人が います" not in other


def _plain(page):
    """The text of a page without ruby."""
    return re.sub(r"<r[tp][^>]*>.*?</r[tp]>|</?ruby>", "", page.content.decode())


# -- who has an account already ------------------------------------------------------------------------


def test_a_sibling_by_a_further_letter_waits_while_the_first_child_stays(cast, sign_in):
    hikaru = newcomer(cast, cast.sakura)
    letters.accept_guardian_letter(hikaru.code, cast.other_guardian.user, tells_others=True)
    assert set(visible_students(cast.other_guardian.user)) == {cast.ren}
    page = sign_in(cast.other_guardian.user).get("/").content.decode()
    assert "登録を受け付けました" in page
    assert cast.ren.full_name in page
    say_yes(hikaru, cast.nurse.user)
    assert set(visible_students(cast.other_guardian.user)) == {cast.ren, cast.sakura}


def test_a_sibling_whose_guardian_the_roster_names_needs_no_confirmation(cast):
    factories.guardianship(cast.midori, cast.ren)
    print_runs.print_letters([cast.midori], school_class=cast.class_1, by=cast.office.user)
    assert letters.accept_guardian_letter(code_of(cast.midori), cast.midori.user) is None
    assert set(visible_students(cast.midori.user)) == {cast.ren, cast.sakura}
    assert not GuardianRegistration.objects.exists()


# -- on record ------------------------------------------------------------------------------------------


def test_each_word_is_on_record_and_no_guardian_reads_it(registered):
    say_yes(registered.hikaru, registered.nurse.user)
    event = AuditEvent.objects.get(action=Action.REGISTRATION_CONFIRMED)
    assert (event.actor, event.actor_role) == (registered.nurse.user, Role.NURSE)
    assert (event.subject_id, event.audience) == (registered.sakura.pk, Audience.PROTECTIVE)
    confirmation = RegistrationConfirmation.objects.get()
    assert (confirmation.confirmed_by, confirmation.confirmed_role) == (
        registered.nurse.user,
        Role.NURSE,
    )


def test_the_database_holds_one_waiting_registration_and_whole_endings(registered):
    registration = registration_of(registered.hikaru)
    for wrong in ({"state": "confirmed"}, {"ended_at": timezone.now()}, {"state": "odd"},
                  {"state": "refused", "ended_at": timezone.now()}):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            GuardianRegistration.objects.filter(pk=registration.pk).update(**wrong)


def test_a_long_list_asks_the_database_no_more_often(registered, django_assert_num_queries):
    def anew():
        return User.objects.get(pk=registered.nurse.user_id)  # stores nothing

    nurse = anew()
    with CaptureQueriesContext(connection) as queries:
        assert len(confirmation_queue.oldest_waiting_for(nurse)) == 1
    for n in range(6):
        one = newcomer(registered, registered.sakura, f"なまえ{n}")
        letters.accept_guardian_letter(one.code, factories.user(f"g{n}@example.com"))
    nurse = anew()
    with django_assert_num_queries(len(queries)):
        assert len(confirmation_queue.oldest_waiting_for(nurse)) == 7
