"""Locking a staff account always leaves somebody who can supervise, and shows what else ends."""

import pytest
import time_machine
from django.urls import reverse

from apps.people.models import PendingAct, Role, StaffPost, User
from apps.people.services import act_queries, pending_acts
from apps.people.services.overdue_acts import overdue_acts_for
from apps.signin.services import account_locks
from kaga_portal.today import today_page
from tests import factories
from tests.people.act_scenarios import propose

WHY = "端末を なくしたため"


@pytest.fixture
def privacy(cast):
    return factories.staff_post(Role.PRIVACY, of=cast.city, name="個人情報の担当").user


def lock_page(client, user):
    return client.post(reverse("admin:people_user_lock", args=[user.pk]))


def test_the_last_privacy_officer_is_not_locked_by_one_person(cast, privacy, sign_in):
    client = sign_in(cast.officer.user)
    answer = propose(client, lock_page(client, privacy), reason=WHY)
    assert answer.status_code == 422
    assert "ただ一人の個人情報保護の担当です" in answer.content.decode()
    assert User.objects.get(pk=privacy.pk).is_active
    assert not PendingAct.objects.exists()


def test_one_of_two_privacy_officers_is_locked_and_the_other_confirms_it(cast, privacy):
    other = factories.staff_post(Role.PRIVACY, of=cast.city, name="もう一人の担当").user
    act = account_locks.lock_account(privacy, by=cast.officer.user, reason=WHY)
    assert not User.objects.get(pk=privacy.pk).is_active
    assert act_queries.why_not_confirm(act, other) == ""


def test_a_locked_privacy_officer_does_not_count_as_one_who_is_left(cast, privacy):
    other = factories.staff_post(Role.PRIVACY, of=cast.city, name="もう一人の担当").user
    account_locks.lock_account(privacy, by=cast.officer.user, reason=WHY)
    with pytest.raises(pending_acts.CannotAct, match="ただ一人"):
        account_locks.lock_account(other, by=cast.officer.user, reason=WHY)


def test_the_only_person_who_could_confirm_it_is_not_locked(cast):
    with pytest.raises(pending_acts.CannotAct, match="確かめられる人がいなくなります"):
        account_locks.lock_account(cast.principal.user, by=cast.officer.user, reason=WHY)
    assert User.objects.get(pk=cast.principal.user.pk).is_active


def test_the_preview_says_what_else_the_account_is(cast, privacy, sign_in):
    factories.duty_roster(cast)
    guardian = factories.guardian(cast.sakura, email="another@example.com")
    guardian.user = cast.nurse.user
    guardian.save()
    client = sign_in(cast.officer.user)
    page = client.get(lock_page(client, cast.nurse.user).url).content.decode()
    assert "保護者としての画面(子ども 1人" in page
    assert "東和中学校(架空)の「話したい」の担当" in page
    assert cast.sakura.given_name not in page


@pytest.mark.parametrize(("day", "rises"), [("2026-10-14", False), ("2026-10-15", True)])
def test_an_unconfirmed_lock_stays_and_rises_on_the_first_page_after_three_school_days(
    cast, privacy, sign_in, day, rises
):
    StaffPost.objects.update(begins_on=None)
    with time_machine.travel("2026-10-09T10:00+09:00", tick=False):  # a Friday; Monday is a holiday
        account_locks.lock_account(cast.homeroom.user, by=cast.officer.user, reason=WHY)
    with time_machine.travel(f"{day}T10:00+09:00", tick=False):
        account_locks.apply_locks()
        assert not User.objects.get(pk=cast.homeroom.user.pk).is_active
        for user in (privacy, cast.officer.user, cast.principal.user):
            found = overdue_acts_for(User.objects.get(pk=user.pk))
            assert bool(found) is rises
        page = today_page(User.objects.get(pk=privacy.pk))
        assert any("だれも確かめていません" in words for words, _ in page["warnings"]) is rises
