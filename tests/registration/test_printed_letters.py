"""Letters to guardians, printed again and anew."""

from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action, AuditEvent
from apps.core import clock
from apps.people.models import Guardian, Guardianship, Role
from apps.registration.models import InvitationLetter, PrintedSheet
from apps.registration.services import letters as letters_services
from apps.registration.services import print_runs
from tests import factories
from tests.registration.print_helpers import WHY, address, ids, printed_codes


@pytest.fixture
def waiting(cast):
    """A guardian in the roster who has no account yet."""
    guardian = Guardian.objects.create(
        municipality=cast.city, source_id="g-new", family_name="加賀", given_name="ひかる"
    )
    Guardianship.objects.create(municipality=cast.city, guardian=guardian, student=cast.sakura)
    return guardian


def test_a_letter_printed_again_is_the_same_letter_with_the_same_end(
    cast, waiting, office, sign_in
):
    first = office.post(address(cast, "letters"), {"person": ids([waiting])}, follow=True)
    end = InvitationLetter.objects.get().expires_at
    with time_machine.travel(timezone.now() + timedelta(days=20)):
        office = sign_in(cast.office.user)
        again = office.post(address(cast, "letters"), {"person": ids([waiting])}, follow=True)
    assert printed_codes(again) == printed_codes(first)
    assert InvitationLetter.objects.get().expires_at == end
    local = end.astimezone(clock.JST)
    assert f"{local.month}月{local.day}日" in again.content.decode()
    assert AuditEvent.objects.filter(action=Action.INVITATION_PRINTED).count() == 2


def test_who_has_no_letter_that_works_gets_a_new_one(cast, waiting, sign_in):
    ((_, old),) = letters_services.issue_guardian_letters([waiting], by=cast.office.user)
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        office = sign_in(cast.office.user)
        page = office.post(address(cast, "letters"), {"person": ids([waiting])}, follow=True)
        (new,) = printed_codes(page)
        assert letters_services.find_letter(new).guardian == waiting
        with pytest.raises(letters_services.CannotAccept):
            letters_services.find_letter(old)


def test_a_new_letter_is_asked_about_first_and_made_once(cast, waiting, office):
    ((_, old),) = letters_services.issue_guardian_letters([waiting], by=cast.office.user)
    answer = office.post(address(cast, "letters"), {"person": ids([waiting]), "verb": "renew"})
    assert "1通の いまの手紙が使えなくなります" in office.get(answer.url).content.decode()
    assert letters_services.find_letter(old)
    body = {"what": str(InvitationLetter.objects.get().pk), "reason": WHY}
    office.post(address(cast, "letters_renew"), body)
    office.post(address(cast, "letters_renew"), body)
    assert InvitationLetter.objects.count() == 2
    with pytest.raises(letters_services.CannotAccept):
        letters_services.find_letter(old)


def test_the_guardian_reads_who_printed_the_letter(cast, office, sign_in):
    office.post(address(cast, "letters"), {"person": ids([cast.midori])})
    page = sign_in(cast.midori.user).get(reverse("portal:home")).content.decode()
    assert "招待の手紙を" in page and "事務が印刷しました" in page


def test_letters_are_printed_where_a_sibling_is_at_another_school(cast, waiting, office):
    elsewhere = factories.school(cast.city, "C117220600026", "となりの小学校(架空)")
    sibling = factories.student(factories.school_class(elsewhere, "3年1組", "P3"), "もも")
    guardianship = Guardianship(municipality=cast.city, guardian=waiting, student=sibling)
    guardianship.pk = UUID(int=1)  # sorts before the guardianship within the class
    guardianship.save(force_insert=True)
    page = office.post(address(cast, "letters"), {"person": ids([waiting])}, follow=True)
    assert len(printed_codes(page)) == 1
    assert PrintedSheet.objects.get().printed_role == Role.OFFICE
    events = AuditEvent.objects.filter(action__in=["invitation.issued", "invitation.printed"])
    assert {event.actor_role for event in events} == {"office"}
    assert {event.subject_id for event in events} == {cast.sakura.pk, sibling.pk}


def test_no_letter_is_printed_for_whose_child_has_left_the_class(cast, waiting):
    of = {"school_class": cast.class_2, "by": cast.principal.user}
    assert print_runs.print_letters([waiting], **of) is None
    assert not InvitationLetter.objects.exists()
