"""The school is reminded of newcomers who wait; each reader of those whom they may know of."""

import re

from django.utils import timezone

from apps.registration.models import GuardianRegistration
from apps.registration.services import confirmation_queue, reminders
from tests import factories
from tests.registration.confirmation_helpers import come, letter_of
from tests.registration.school_confirmation_helpers import TODAY, again, named_without_account


def test_the_school_is_reminded_once_after_three_school_days_without_a_name(
    claimed, time_machine, mailoutbox, sign_in
):
    time_machine.move_to("2026-12-01T10:00:00+09:00", tick=False)  # a Tuesday
    registration = come(claimed.letter, "late@mail.example", given="おそい")
    time_machine.move_to("2026-12-03T10:00:00+09:00", tick=False)
    reminders.send_reminders()
    registration.refresh_from_db()
    assert registration.reminded_at is None
    time_machine.move_to("2026-12-04T10:00:00+09:00", tick=False)
    assert (
        "3授業日より長く待っている保護者" in sign_in(claimed.nurse.user).get(TODAY).content.decode()
    )
    mailoutbox.clear()
    assert reminders.send_reminders() > 0
    addresses = {address for mail in mailoutbox for address in mail.to}
    assert {claimed.nurse.user.email, claimed.principal.user.email} <= addresses
    assert claimed.homeroom.user.email not in addresses
    for mail in mailoutbox:
        assert "おそい" not in mail.body + mail.subject
        assert "れん" not in mail.body + mail.subject
    assert reminders.send_reminders() == 0


def test_a_reminder_counts_only_newcomers_whom_its_reader_may_know_of(
    claimed, time_machine, mailoutbox
):
    time_machine.move_to("2026-12-01T10:00:00+09:00", tick=False)  # a Tuesday
    hidden = letter_of(claimed.sakura, by=claimed.office.user, code="WXYZ2345EFGH")
    come(claimed.letter, "late@mail.example", given="おそい")
    come(hidden, "hidden@mail.example", has_secret=True)
    factories.make_parent(claimed.nurse, claimed.sakura)
    time_machine.move_to("2026-12-04T10:00:00+09:00", tick=False)
    mailoutbox.clear()
    n_mails = reminders.send_reminders()
    counts = {mail.to[0]: re.search(r"(\d+)人の保護者", mail.body)[1] for mail in mailoutbox}
    assert counts[claimed.nurse.user.email] == "2"  # れん alone, with the one of the fixture
    assert counts[claimed.principal.user.email] == "3"
    assert claimed.office.user.email not in counts  # printed both letters
    assert n_mails == len(mailoutbox)


def test_a_parent_is_not_reminded_where_only_the_own_child_has_a_newcomer(
    cast, time_machine, mailoutbox
):
    time_machine.move_to("2026-12-01T10:00:00+09:00", tick=False)
    letter = letter_of(cast.sakura, by=cast.office.user)
    registration = come(letter, "hidden@mail.example", has_secret=True)
    factories.make_parent(cast.nurse, cast.sakura)
    time_machine.move_to("2026-12-04T10:00:00+09:00", tick=False)
    mailoutbox.clear()
    reminders.send_reminders()
    addresses = {address for mail in mailoutbox for address in mail.to}
    assert cast.principal.user.email in addresses and cast.nurse.user.email not in addresses
    registration.refresh_from_db()
    assert registration.reminded_at is not None


def test_a_roster_letter_for_several_children_is_on_no_list_of_the_other_parent(cast):
    """One letter reaches the guardian of both children: it is about the reader's own child too."""
    guardian = named_without_account(cast.sakura, "みなと")
    factories.guardianship(guardian, cast.ren)
    letter = letter_of(cast.sakura, by=cast.office.user)
    GuardianRegistration.objects.create(
        municipality=cast.city, guardian=guardian, user=factories.user("m@mail.example"),
        invitation=letter, student=None, school=cast.school, registered_at=timezone.now(),
    )  # fmt: skip
    assert confirmation_queue.count_waiting_for(again(cast.principal)) == 1
    parent = factories.make_parent(cast.principal, cast.sakura)
    assert confirmation_queue.count_waiting_for(parent) == 0
