"""Newcomers by letter, and what the school ticks."""

from django.urls import reverse

from apps.people.models import Guardian
from apps.registration.models import (
    InvitationLetter,
)
from apps.registration.services import print_runs
from tests import factories

ACCEPT, LIST = reverse("registration:accept_letter"), reverse("admin:registration_waiting")


def newcomer(cast, student, given="ひかる"):
    """A guardian named by the roster, without an account; their letter is printed by the office."""
    guardian = Guardian.objects.create(
        municipality=cast.city, source_id=f"g-{given}", family_name="加賀", given_name=given
    )
    factories.guardianship(guardian, student)
    print_runs.print_letters([guardian], school_class=student.home_class, by=cast.office.user)
    guardian.code = code_of(guardian)
    return guardian


def code_of(guardian):
    """A known code of this guardian: the printing person issues the letter anew."""
    letter = InvitationLetter.objects.usable().get(guardian=guardian)
    sheet = letter.printings.get().sheet
    return print_runs.lines_of_sheet(sheet, by=sheet.printed_by)[0].code


def tied(cast):
    cast.hikaru.refresh_from_db()
    return cast.hikaru.user_id == cast.account.pk


def ticks(page):
    """The values of the checkboxes on the list."""
    return [part.split('"')[0] for part in page.content.decode().split('name="registration"')[1:]
            for part in [part.split('value="')[1]]]  # fmt: skip


def _answer_text(page):
    return page[page.index("<main") :].split("csrfmiddlewaretoken")[0]
