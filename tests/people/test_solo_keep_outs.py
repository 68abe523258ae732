"""How many guardians one person may keep out: limited, counted, and shown at once."""

import pytest
from django.urls import reverse

from apps.consent.services.standing_effects import effects_of_standing
from apps.people.models import PendingAct
from apps.people.services import pending_acts
from kaga_portal.today import today_page
from tests import factories
from tests.consent.standing_helpers import guardianship_of, keep_out, town

__all__ = ["town"]


@pytest.fixture
def guardians(town):
    """Four children with a guardian each: [(guardian, student)]."""
    found = []
    for n in range(4):
        child = factories.student(town.class_1, f"子{n}", number=20 + n, local_code=f"9{n}")
        found.append((factories.guardian(child, f"親{n}", f"p{n}@example.com"), child))
    return found


def warnings_of(user):
    return [words for words, _ in today_page(user)["warnings"] if "制限" in words]


def test_the_fourth_of_a_day_is_refused_until_somebody_has_looked(town, guardians):
    for guardian, child in guardians[:3]:
        keep_out(guardian, child, town.principal)
    with pytest.raises(pending_acts.CannotAct, match="3人"):
        keep_out(*guardians[3], town.principal)
    assert guardianship_of(*guardians[3]).standing == "decides"
    pending_acts.confirm(PendingAct.objects.first(), by=town.privacy.user)
    keep_out(*guardians[3], town.principal)
    assert guardianship_of(*guardians[3]).standing == "kept_out"


def test_somebody_else_can_still_keep_out_at_once(town, guardians):
    for guardian, child in guardians[:3]:
        keep_out(guardian, child, town.principal)
    keep_out(*guardians[3], town.officer)
    assert guardianship_of(*guardians[3]).standing == "kept_out"


def test_city_and_privacy_see_at_once_that_a_child_has_no_deciding_guardian(town, guardians):
    act = keep_out(*guardians[0], town.principal)
    assert act.preview["without"] == 1
    for user in (town.officer.user, town.privacy.user):
        (words,) = warnings_of(user)
        assert "判断する保護者が、いなくなりました" in words
        assert "親0" not in words and "子0" not in words
    assert warnings_of(town.homeroom.user) == []
    pending_acts.confirm(act, by=town.privacy.user)
    assert warnings_of(town.officer.user) == []


def test_one_of_two_guardians_alone_raises_no_alarm_and_the_next_does(town, guardians):
    act = keep_out(town.hajime, town.sakura, town.principal)
    assert act.preview["without"] == 0
    assert warnings_of(town.privacy.user) == []
    keep_out(*guardians[0], town.principal)
    assert len(warnings_of(town.privacy.user)) == 2
    assert all("2人を制限しました" in words for words in warnings_of(town.privacy.user))


def test_who_confirms_sees_how_many_the_same_person_did_that_day(town, guardians, sign_in):
    act = keep_out(town.hajime, town.sakura, town.principal)
    page = reverse("admin:people_pendingact_change", args=[act.pk])
    assert "合わせて" not in sign_in(town.privacy.user).get(page).content.decode()
    keep_out(*guardians[0], town.principal)
    assert "合わせて 2人" in sign_in(town.privacy.user).get(page).content.decode()


def test_the_page_says_that_it_is_the_last_deciding_guardian_before_it_begins(town, guardians):
    last = dict(effects_of_standing(guardianship_of(*guardians[0]), "kept_out").names)
    assert "この子どもについて判断する、最後の保護者です" in last
    one_of_two = dict(
        effects_of_standing(guardianship_of(town.hajime, town.sakura), "kept_out").names
    )
    assert "この子どもについて判断する、最後の保護者です" not in one_of_two
