"""A guardian who is staff decides nothing about the child's other guardians."""

import uuid

import pytest
from django.urls import reverse

from apps.people.models import Guardian, Guardianship, PendingAct, User
from apps.people.services import act_queries, pending_acts
from apps.people.services.person_accounts import OWN_FAMILY_REFUSED, accounts_of_other_guardians
from apps.signin.services import access_recovery, account_locks, session_endings
from tests import factories

WHY = "学校に来て、本人だと確かめたため"


def again(user):
    return User.objects.get(pk=user.pk)


@pytest.fixture(params=["decides", "kept_out", "ended"])
def as_father(request, cast):
    """Whoever holds a post is by the 共通ID a guardian of Sakura: kept out, deciding or over."""

    def make(post):
        father = factories.guardian(cast.sakura, "ちち", "father@example.com")
        post.master_id = uuid.uuid4()
        post.save(update_fields=["master_id"])
        Guardian.objects.filter(pk=father.pk).update(master_id=post.master_id)
        guardianships = Guardianship.objects.filter(guardian=father)
        if request.param == "ended":
            guardianships.update(ended_at="2026-01-01T00:00:00+09:00")
        else:
            guardianships.update(standing=request.param)
        return again(post.user)

    return make


def restoring(cast, by=None):
    return access_recovery.propose_recovery(
        cast.midori.user, "new@mail.example", by=by or cast.office.user, reason=WHY
    )


def test_the_office_does_not_restore_the_account_of_the_childs_other_guardian(
    cast, as_father, sign_in
):
    father = as_father(cast.office)
    with pytest.raises(pending_acts.CannotAct, match=OWN_FAMILY_REFUSED):
        restoring(cast, by=father)
    assert cast.midori.user not in access_recovery.accounts_recoverable_by(father)
    page = reverse("admin:people_user_restore", args=[cast.midori.user_id])
    assert sign_in(father).post(page, {"address": "x@mail.example"}).status_code == 404
    assert not PendingAct.objects.exists()


def test_the_city_neither_confirms_nor_stops_it(cast, as_father, sign_in):
    act, father = restoring(cast), as_father(cast.officer)
    for verb in (pending_acts.confirm, pending_acts.stop):
        with pytest.raises(pending_acts.CannotAct, match=OWN_FAMILY_REFUSED):
            verb(act, by=father)
    page = reverse("admin:people_pendingact_change", args=[act.pk])
    assert sign_in(father).get(page).status_code != 200
    assert not act_queries.acts_visible_to(father).exists()


def test_who_became_family_after_beginning_it_does_not_stop_it_either(cast, as_father):
    act = restoring(cast)
    with pytest.raises(pending_acts.CannotAct, match=OWN_FAMILY_REFUSED):
        pending_acts.stop(act, by=as_father(cast.office))


def test_nobody_ends_the_sign_ins_of_their_own_family_as_staff(cast, as_father):
    of_mother = cast.midori.user_id
    assert session_endings.person_endable_by(again(cast.helpdesk.user), of_mother) is not None
    father = as_father(cast.helpdesk)
    assert session_endings.person_endable_by(father, of_mother) is None
    assert session_endings.person_endable_by(father, cast.sakura.user_id) is None
    assert session_endings.person_endable_by(father, cast.ren.user_id) is not None


def test_nobody_locks_the_staff_account_of_the_childs_other_guardian(cast, as_father):
    mother = factories.guardian(cast.sakura, "はは", "mother@example.com")
    Guardian.objects.filter(pk=mother.pk).update(user=cast.nurse.user)
    father = as_father(cast.principal)
    assert cast.nurse.user_id in accounts_of_other_guardians(father)
    with pytest.raises(pending_acts.CannotAct, match=OWN_FAMILY_REFUSED):
        account_locks.lock_account(cast.nurse.user, by=father, reason=WHY)
    assert again(cast.nurse.user).is_active


def test_another_familys_account_is_restored_by_them_as_by_anybody(cast, as_father):
    father = as_father(cast.officer)
    act = access_recovery.propose_recovery(
        factories.guardian(cast.ren, "れんの母", "ren.mother@example.com").user,
        "new@mail.example", by=cast.office.user, reason=WHY,
    )  # fmt: skip
    assert act_queries.acts_visible_to(father).get() == act
    assert act_queries.why_not_confirm(act, father) == ""
