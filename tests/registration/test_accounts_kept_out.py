"""A keep-out follows an account to whatever guardian it becomes next."""

import pytest
from django.urls import reverse

from apps.people.models import Guardian, GuardianStanding
from apps.people.permissions import visible_students
from apps.people.services import guardian_standings
from apps.registration.services import letters
from tests import factories
from tests.consent.standing_helpers import guardianship_of as guardianship_of
from tests.consent.standing_helpers import keep_out, town
from tests.registration.letter_helpers import say_yes

__all__ = ["town"]
KEPT_OUT = GuardianStanding.KEPT_OUT


def new_row(city, name="こうた", **more):
    return Guardian.objects.create(
        municipality=city, source_id=f"z-{name}", family_name="加賀", given_name=name, **more
    )


@pytest.fixture
def sibling(town):
    return factories.student(town.class_2, "いもうと", number=7, local_code="777")


@pytest.mark.parametrize("order", ["letter_first", "account_first", "kept_out_last"])
def test_a_letter_leads_a_kept_out_adult_to_no_sibling_in_any_order(town, sibling, order):
    if order != "kept_out_last":
        keep_out(town.hajime, town.sakura, town.principal)
    row = new_row(town.city, "別の書き方")
    if order == "account_first":
        row.user = town.hajime.user
        row.save()
        guardianship = factories.guardianship(row, sibling)
    else:
        guardianship = factories.guardianship(row, sibling)
        ((_, code),) = letters.issue_guardian_letters([row], by=town.principal.user)
        if order == "kept_out_last":
            keep_out(town.hajime, town.sakura, town.principal)
        letters.accept_guardian_letter(code, town.hajime.user, tells_others=True)
        say_yes(row, town.nurse.user)
    guardianship.refresh_from_db()
    assert guardianship.standing == KEPT_OUT
    assert not visible_students(town.hajime.user).exists()
    assert list(guardian_standings.guardianships_to_decide(town.principal.user)) == [guardianship]


def test_the_siblings_pages_stay_shut_over_the_web(town, sibling, sign_in):
    keep_out(town.hajime, town.sakura, town.principal)
    row = new_row(town.city)
    factories.guardianship(row, sibling)
    ((_, code),) = letters.issue_guardian_letters([row], by=town.principal.user)
    client = sign_in(town.hajime.user)
    client.post(reverse("registration:letter_entry"), {"code": code})
    client.post(reverse("registration:accept_letter"), {"has_secret": "no", "tells_others": "no"})
    for name in ("disclosure:personal_data", "consent:overview", "disclosure:access_log"):
        page = client.get(reverse(name, args=[sibling.pk]))
        assert page.status_code == 404, name
        assert "いもうと" not in page.content.decode()
    assert "いもうと" not in client.get("/").content.decode()


def test_however_the_account_is_written_the_rule_runs(town, sibling):
    keep_out(town.hajime, town.sakura, town.principal)
    row = new_row(town.city, "別の書き方")
    guardianship = factories.guardianship(row, sibling)
    Guardian.objects.filter(pk=row.pk).update(user=town.hajime.user)
    guardianship.refresh_from_db()
    assert guardianship.standing == KEPT_OUT


def test_an_account_that_is_kept_out_from_nobody_opens_its_letter(town, sibling):
    keep_out(town.hajime, town.sakura, town.principal)
    row = new_row(town.city, "みどり2")
    guardianship = factories.guardianship(row, sibling)
    ((_, code),) = letters.issue_guardian_letters([row], by=town.principal.user)
    letters.accept_guardian_letter(code, town.midori.user, tells_others=True)
    say_yes(row, town.nurse.user)
    guardianship.refresh_from_db()
    assert guardianship.standing == GuardianStanding.DECIDES
    assert set(visible_students(town.midori.user)) == {town.sakura, sibling}


def test_the_letter_of_who_is_kept_out_does_not_open_to_the_childs_other_guardian(town, sibling):
    row = new_row(town.city, "別の人")
    guardianship, _ = factories.guardianship(row, town.sakura), factories.guardianship(row, sibling)
    ((_, code),) = letters.issue_guardian_letters([row], by=town.principal.user)
    keep_out(row, town.sakura, town.principal)
    with pytest.raises(letters.CannotAccept):
        letters.accept_guardian_letter(code, town.midori.user)
    guardianship.refresh_from_db()
    assert (guardianship.standing, guardianship_of(town.midori, town.sakura).standing) == (
        KEPT_OUT,
        "decides",
    )


def test_a_row_kept_out_from_the_child_shuts_every_row_of_its_account(town, sibling):
    row = new_row(town.city, "別の人")
    factories.guardianship(row, town.sakura)
    keep_out(row, town.sakura, town.principal)
    Guardian.objects.filter(pk=row.pk).update(user=town.hajime.user)
    assert guardianship_of(town.hajime, town.sakura).standing == KEPT_OUT
    assert not visible_students(town.hajime.user).exists()
