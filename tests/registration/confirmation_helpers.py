"""Helpers for newcomers with a child letter who wait for the school's confirmation."""

from datetime import timedelta

from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from apps.people.models import Guardian, Guardianship, User
from apps.people.normalisation import normalise_mail
from apps.registration import guardian_list_rows
from apps.registration.models import (
    GuardianRegistration,
    InvitationLetter,
    ListedGuardian,
    PrintedCode,
    PrintedSheet,
)
from apps.registration.services import registrations
from apps.signin import known_devices
from apps.signin.sealed_cookies import cookie_name
from apps.vault.services.paper_codes import seal_code
from tests import factories


def letter_of(student, *, by, slip="", printed_role=None, code="ABCD2345EFGH"):
    """An open letter of a child with its slip, printed by this member of staff."""
    letter = InvitationLetter(
        municipality_id=student.municipality_id, student=student, slip_number=slip or None,
        issued_by=by, expires_at=timezone.now() + timedelta(days=30),
    )  # fmt: skip
    seal_code(letter, code)
    letter.save(force_insert=True)
    sheet = PrintedSheet.objects.create(
        municipality_id=student.municipality_id, kind="letters", school=student.school,
        school_class=student.home_class, printed_by=by,
        printed_role=printed_role or by.current_posts[0].role,
    )  # fmt: skip
    PrintedCode.objects.create(
        municipality_id=student.municipality_id, sheet=sheet, invitation=letter
    )
    return letter


def list_guardian(student, name, relation="", *, by=None):
    """A list that ``by`` uploaded names this guardian of the student."""
    return ListedGuardian.objects.get_or_create(
        student=student, name_key=guardian_list_rows.name_key(name),
        defaults={"municipality": student.municipality, "name": name, "relation": relation,
                  "listed_by": by, "listed_at": timezone.now()},
    )[0]  # fmt: skip


def come(letter, email, *, relation="mother", given="ひかる", family="加賀", listed=True, **said):
    """Register with a child letter; returns the GuardianRegistration.

    ``listed``: the school's list names the person, so that one person may confirm them.
    """
    if listed:
        list_guardian(letter.student, f"{family} {given}", relation)
    student, account = letter.student, User.objects.filter(email=email).first()
    account = account or factories.user(email)
    names = {"family_name": family, "given_name": given}
    guardian, _ = Guardian.objects.get_or_create(
        municipality=student.municipality, user=account, origin="letter", defaults=names
    )
    Guardianship.objects.create(
        municipality=student.municipality, guardian=guardian, student=student, origin="letter",
        standing="waiting", relation=relation, must_stay_unknown=said.get("has_secret", False),
    )  # fmt: skip
    return GuardianRegistration.objects.create(
        municipality=student.municipality, guardian=guardian, user=account, invitation=letter,
        student=student, school=student.school, registered_at=timezone.now(),
        **{"tells_others": not said.get("has_secret"), **said},
    )  # fmt: skip


def had_signed_in(browser, user):
    """This browser has the cookie that the person has signed in on it before."""
    answer = HttpResponse()
    request = RequestFactory().get("/")
    request.COOKIES = {name: morsel.value for name, morsel in browser.cookies.items()}
    known_devices.remember_device(request, answer, normalise_mail(user.email))
    name = cookie_name(known_devices.COOKIE_NAME)
    browser.cookies[name] = answer.cookies[name].value


def confirm(registration, by, kind="meeting", **more):
    """``by`` confirms the registration as shown on their page."""
    by = User.objects.get(pk=by.pk)
    return registrations.confirm_registration(
        registration,
        by=by,
        page_token=registrations.page_token_of(registration, by),
        kind=kind,
        **more,
    )


def guardianship_of(registration):
    """The guardianship of the registration, as it is stored now."""
    guardianships = Guardianship.objects.filter(
        guardian=registration.guardian, student=registration.student
    )
    return guardianships.order_by("-began_at").first()
