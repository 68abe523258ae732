"""Two people end a guardianship: no roster restores it, and no guardian ends another's."""

import pytest
from django.urls import reverse

from apps.consent.models import Purpose
from apps.consent.services import guardianship_ends
from apps.consent.services.purpose_status import is_effective
from apps.consent.services.scheduled_work import reconcile_all
from apps.people.models import Guardianship, GuardianshipEnd, PendingAct, Role, User
from apps.people.permissions import visible_students
from apps.people.services import pending_acts
from apps.registration.services.registrations import load_context
from apps.vault.models import SubjectKey
from tests import factories
from tests.registration.confirmation_helpers import come, confirm, guardianship_of, letter_of
from tests.roster import zips
from tests.roster.test_rosters_over_years import take_in


def end(guardianship, first, second, why="moved"):
    """Both people agree that the guardianship is over."""
    act = guardianship_ends.propose_guardianship_end(
        guardianship, by=first, why=why, reason="転居したと連絡があったため"
    )
    pending_acts.confirm(act, by=second)
    reconcile_all()
    act.refresh_from_db()
    return act


@pytest.fixture
def town(db):
    """An imported roster, one guardian with an account, and lead and city staff."""
    take_in(zips.good())
    guardianship = Guardianship.objects.named().order_by("pk").first()
    guardianship.guardian.user = factories.user("former@example.com")
    guardianship.guardian.save()
    guardianship.lead = factories.staff_post(
        Role.PRINCIPAL, guardianship.student.school, name="校長先生"
    ).user
    guardianship.city = factories.staff_post(
        Role.CITY, of=guardianship.municipality, name="市の担当"
    ).user
    return guardianship


def test_the_next_roster_does_not_restore_a_guardianship_ended_by_two_people(town):
    end(town, town.lead, town.city)
    assert not visible_students(town.guardian.user).exists()
    for _ in range(2):
        before = Guardianship.objects.count()
        take_in(zips.good())
        assert (
            not Guardianship.objects.named()
            .filter(guardian=town.guardian_id, student=town.student_id)
            .exists()
        )
        assert Guardianship.objects.count() == before
    other = Guardianship.objects.named().exclude(student=town.student_id)
    assert other.exists()  # nobody else lost anything


def test_the_end_is_shown_on_the_page_of_the_guardianship(town, sign_in):
    end(town, town.lead, town.city, why="mistake")
    page = sign_in(town.lead).get(reverse("admin:people_guardianship_change", args=[town.pk]))
    assert "まちがって登録されていた" in page.content.decode()
    assert "名簿に名前があっても、もどりません" in page.content.decode()


def test_a_key_that_rested_on_the_answer_waits_a_day(cast, time_machine):
    factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
    end(cast.midori.guardianships.get(), cast.principal.user, cast.officer.user)
    assert not is_effective(cast.sakura, Purpose.ATTENDANCE)
    assert SubjectKey.objects.filter(student=cast.sakura).exists()
    assert GuardianshipEnd.objects.get().reason == "moved"


def test_a_guardian_who_registered_with_a_letter_is_ended_alike_and_returns_by_two_people(cast):
    letter = letter_of(cast.ren, by=cast.office.user)
    registration = come(letter, "hikaru@mail.example")
    confirm(registration, cast.nurse.user)
    end(guardianship_of(registration), cast.principal.user, cast.officer.user, why="mistake")
    assert not visible_students(registration.user).exists()
    again = come(letter, "hikaru@mail.example")
    context = load_context(again, User.objects.get(pk=cast.nurse.user.pk))
    assert (context.facts.was_ended, context.n_needed) == (True, 2)


@pytest.mark.parametrize("why", ["", "odd", "support"])
def test_without_one_of_the_reasons_nothing_begins(cast, why):
    with pytest.raises(pending_acts.CannotAct):
        guardianship_ends.propose_guardianship_end(
            cast.midori.guardianships.get(), by=cast.principal.user, why=why, reason="理由の文です"
        )
    assert not PendingAct.objects.exists()


def test_who_waits_for_the_school_is_refused_there_and_not_ended(cast):
    registration = come(letter_of(cast.ren, by=cast.office.user), "hikaru@mail.example")
    with pytest.raises(pending_acts.CannotAct):
        guardianship_ends.propose_guardianship_end(
            guardianship_of(registration),
            by=cast.principal.user,
            why="mistake",
            reason="理由の文です",
        )


def test_no_guardian_nurse_or_other_school_ends_a_guardianship(cast, sign_in):
    guardianship = cast.midori.guardianships.get()
    other_school = factories.school(cast.city, "C117220600025", "ほかの中学校(架空)")
    away = factories.staff_post(Role.PRINCIPAL, other_school).user
    page = reverse("admin:people_guardianship_end", args=[guardianship.pk])
    for user in (cast.other_guardian.user, cast.nurse.user, away, cast.homeroom.user):
        answer = sign_in(user).post(page, {"end_reason": "moved"})
        assert answer.status_code in (302, 403, 404)
        assert "propose" not in answer.get("Location", "")
        with pytest.raises(pending_acts.CannotAct):
            guardianship_ends.propose_guardianship_end(
                guardianship, by=user, why="moved", reason="理由の文です"
            )


def test_a_parent_on_the_staff_ends_no_guardianship_of_their_own_child(cast):
    lead = factories.staff_post(Role.PRINCIPAL, cast.school, name="親でもある教頭").user
    own_card = factories.guardian(cast.sakura, "教頭", email="")
    own_card.user = lead
    own_card.save(update_fields=["user"])
    with pytest.raises(pending_acts.CannotAct):
        guardianship_ends.propose_guardianship_end(
            cast.midori.guardianships.get(), by=lead, why="custody", reason="理由の文です"
        )
