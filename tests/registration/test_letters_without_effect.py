"""Letters that open nothing, and what whoever holds one reads."""

import re
from datetime import timedelta

from django.test import Client
from django.urls import reverse

from apps.audit.models import SecurityEvent, SecurityKind
from apps.consent.services import standing_changes
from apps.core import clock
from apps.people.models import Guardianship, GuardianStanding
from apps.people.permissions import visible_students
from apps.registration.models import GuardianRegistration, InvitationLetter
from apps.registration.services import own_guardianships
from apps.registration.services.letters import NOT_USABLE
from tests import factories
from tests.registration.letter_helpers import (
    child_letter,
    come_in,
    scan,
    waiting_guardianship,
)


def said_of(client, code):
    """What a page says of a letter, without what differs between requests."""
    page = re.sub(r'value="[A-Za-z0-9]{64}"', "", scan(client, code).content.decode())
    return page[page.index("<main") :]


def test_every_letter_that_does_not_work_gets_the_same_sentence(town, sign_in):
    invented = said_of(Client(), "ABCDEFGHJKMNP")
    assert str(NOT_USABLE) in invented
    tomorrow = clock.today() + timedelta(days=1)
    later, later_code = child_letter(town.ren, town.officer.user, works_from=tomorrow)
    assert said_of(Client(), later_code) == invented
    for ends in ({"revoked_at": clock.now()}, {"expires_at": clock.now() - timedelta(days=2)}):
        InvitationLetter.objects.filter(pk=town.letter.pk).update(
            **({"revoked_at": None, "expires_at": clock.now() + timedelta(days=3)} | ends)
        )
        assert said_of(Client(), town.code) == invented
        assert come_in(sign_in(town.account), town.code).status_code == 422
    assert not GuardianRegistration.objects.exists()
    InvitationLetter.objects.filter(pk=later.pk).update(works_from=clock.today())
    assert "れん" in said_of(Client(), later_code)


def test_an_old_letter_leads_nobody_to_the_next_school_of_the_child(town, sign_in):
    other_student = factories.school(town.city, "C117220600025", "つぎの中学校(架空)")
    town.sakura.school, town.sakura.home_class = (
        other_student,
        factories.school_class(other_student, "2年3組"),
    )
    town.sakura.save()
    for page in (scan(Client(), town.code), scan(sign_in(town.account), town.code),
                 come_in(sign_in(town.account), town.code)):  # fmt: skip
        assert page.status_code == 422
        assert str(NOT_USABLE) in page.content.decode()
        assert "つぎの中学校" not in page.content.decode()
    assert not GuardianRegistration.objects.exists()


def test_a_letter_of_a_student_who_left_or_moved_away_is_closed(town, sign_in):
    town.sakura.left_at = clock.now()
    town.sakura.save()
    assert come_in(sign_in(town.account), town.code).status_code == 422
    assert not GuardianRegistration.objects.exists()


def test_who_is_kept_out_from_the_child_reads_what_is_said_of_any_closed_letter(town, sign_in):
    guardianship = town.midori.guardianships.get()
    Guardianship.objects.filter(pk=guardianship.pk).update(standing=GuardianStanding.KEPT_OUT)
    client = sign_in(town.midori.user)
    _, other = child_letter(town.ren, town.officer.user)
    InvitationLetter.objects.filter(student=town.ren).update(revoked_at=clock.now())
    assert said_of(client, town.code) == said_of(client, other)
    assert come_in(client, town.code).status_code == 422
    assert not GuardianRegistration.objects.exists()


def test_who_is_kept_out_while_waiting_sees_the_same_pages_as_who_waits(town, sign_in):
    kept_out_account = factories.user("kept@example.com")
    people = [(account, sign_in(account)) for account in (town.account, kept_out_account)]
    for (_, client), name in zip(people, ("あおい", "いずみ"), strict=True):
        come_in(client, town.code, given_name=name, given_kana=name)
    standing_changes.keep_out(
        waiting_guardianship(kept_out_account, town.sakura), by=town.principal.user, why="danger",
        reason="危ないと連絡があったため", document_number="1",
    )  # fmt: skip
    InvitationLetter.objects.filter(pk=town.letter.pk).update(revoked_at=clock.now())
    _, code = child_letter(town.sakura, town.officer.user)
    statement_page = reverse("registration:own_statement", args=[town.sakura.pk])
    assert [scan(client, code).redirect_chain[-1][0] for _, client in people] == [
        statement_page,
        statement_page,
    ]
    for account, _ in people:
        own_guardianships.end_own_guardianship(town.sakura.pk, by=account)
    pages = [scan(client, code) for _, client in people]
    assert [page.status_code for page in pages] == [200, 200]
    assert [come_in(client, code).url for _, client in people] == ["/", "/"]
    for account, standing in ((town.account, "waiting"), (kept_out_account, "kept_out")):
        guardianship = Guardianship.objects.unconfirmed().get(guardian__user=account)
        assert guardianship.standing == standing
    assert not list(visible_students(kept_out_account))


def test_guessing_is_noticed_by_address_and_refuses_nobody_who_holds_a_letter(town):
    client = Client()
    for n in range(101):
        scan(client, f"ABCDEFGHJK{n:03d}")
    failed = SecurityEvent.objects.filter(kind=SecurityKind.SIGN_IN_FAILED, detail="letter")
    assert failed.exists()
    assert SecurityEvent.objects.filter(kind=SecurityKind.LIMIT_HIT).exists()
    assert "さくら" in scan(client, town.code).content.decode()
