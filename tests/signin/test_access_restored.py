"""A guardian who lost their mail gets access back by the school and a person from outside it."""

import pytest
from allauth.account.models import EmailAddress
from django.urls import reverse

from apps.people import pending_acts
from apps.people.models import PendingAct, Role, User
from apps.signin.services import access_restored
from tests import factories

WHY = "学校に来て、本人だと確かめたため"


def restore(cast, address="new@mail.example"):
    act = access_restored.propose_restoring(
        cast.midori.user, address, by=cast.office.user, reason=WHY
    )
    pending_acts.confirm(act, by=cast.officer.user)
    access_restored.follow_restorations()


def test_the_new_address_proves_itself_and_the_old_one_is_told_not_to_what(
    cast, sign_in, mailoutbox
):
    client = sign_in(cast.midori.user)
    assert cast.sakura.given_name in client.get("/").content.decode()
    restore(cast)
    account = User.objects.get(pk=cast.midori.user_id)
    assert account.email == "new@mail.example"
    assert not account.has_usable_password()
    assert not EmailAddress.objects.get(user=account).verified
    assert cast.sakura.given_name not in client.get("/").content.decode()  # signed out
    told = {mail.to[0]: mail.body for mail in mailoutbox}
    assert "new@mail.example" not in told["midori@example.com"]
    assert "コード" in told["new@mail.example"]


def test_nobody_of_the_school_is_the_second_person(cast):
    act = access_restored.propose_restoring(
        cast.midori.user, "new@mail.example", by=cast.office.user, reason=WHY
    )
    for user in (cast.office.user, cast.principal.user, cast.nurse.user):
        with pytest.raises(pending_acts.CannotAct):
            pending_acts.confirm(act, by=user)


def test_only_guardians_of_the_own_children_and_never_staff(cast, sign_in):
    there = factories.school(cast.city, "C117220600025", "ほかの中学校(架空)")
    away = factories.post(Role.OFFICE, there).user
    for by, account in (
        (away, cast.midori.user), (cast.homeroom.user, cast.midori.user),
        (cast.office.user, cast.nurse.user), (cast.office.user, cast.sakura.user),
    ):  # fmt: skip
        with pytest.raises(pending_acts.CannotAct):
            access_restored.propose_restoring(account, "x@mail.example", by=by, reason=WHY)
        page = reverse("admin:people_user_restore", args=[account.pk])
        assert sign_in(by).post(page, {"address": "x@mail.example"}).status_code in (403, 404)
    assert not PendingAct.objects.exists()


@pytest.mark.parametrize("address", ["", "x", "aoi@example.com", "AOI@example.com"])
def test_an_address_that_is_none_or_somebody_elses_is_refused(cast, address):
    with pytest.raises(pending_acts.CannotAct):
        restore(cast, address)
