"""Helpers for guardians who register with a letter."""

from datetime import timedelta

from django.urls import reverse

from apps.core import clock
from apps.people.models import Guardianship
from apps.registration.models import EvidenceKind, GuardianRegistration, InvitationLetter
from apps.registration.services import registrations
from apps.signin import codes
from apps.vault.services.paper_codes import seal_code


def registration_of(guardian):
    """The newest registration as this guardian."""
    return GuardianRegistration.objects.filter(guardian=guardian).order_by("-registered_at").first()


def say_yes(guardian, by):
    """``by`` confirms this guardian's registration, as shown on their list."""
    registration = registration_of(guardian)
    page_token = registrations.page_token_of(registration, by)
    return registrations.confirm_registration(
        registration, by=by, page_token=page_token, kind=EvidenceKind.MEETING
    )


def say_no(guardian, by):
    """``by`` refuses: it was somebody else."""
    registration = registration_of(guardian)
    return registrations.refuse_registration(
        registration, by=by, page_token=registrations.page_token_of(registration, by)
    )


NEWCOMER = {
    "family_name": "加賀", "given_name": "ひかる", "family_kana": "かが", "given_kana": "ひかる",
    "relation": "father", "language": "ja", "has_secret": "no", "tells_others": "yes",
}  # fmt: skip


def child_letter(student, by, *, works_from=None):
    """(InvitationLetter, code): a child letter of this student."""
    code = codes.generate_code(codes.LETTER_LENGTH)
    letter = InvitationLetter(
        municipality_id=student.municipality_id, student=student, issued_by=by,
        school_class=student.home_class, works_from=works_from,
        expires_at=clock.now() + timedelta(days=60),
    )  # fmt: skip
    seal_code(letter, code)
    letter.save(force_insert=True)
    return letter, code


def scan(client, code):
    """This browser opens the letter of a code; returns the final URL."""
    return client.post(reverse("registration:letter_entry"), {"code": code}, follow=True)


def come_in(client, code, **said):
    """The signed-in user scans a child letter and fills in the statement; returns the response."""
    scan(client, code)
    return client.post(reverse("registration:accept_letter"), NEWCOMER | said)


def waiting_guardianship(user, student):
    """The guardianship of this account that waits for the school."""
    return Guardianship.objects.waiting().get(guardian__user=user, student=student)
