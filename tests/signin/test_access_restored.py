"""A guardian who lost their mail gets access back by the school and a person from outside it."""

import pytest
from allauth.account.models import EmailAddress
from django.urls import reverse

from apps.audit.models import SecurityEvent
from apps.people import pending_acts
from apps.people.models import PendingAct, Role, User
from apps.signin.services import access_restored, known_addresses
from tests import factories
from tests.people.acting import propose

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


@pytest.mark.parametrize(
    "address", ["", "x", "aoi@example.com", "AOI@example.com", "ａｏｉ＠example.com"]
)
def test_an_address_that_is_none_or_somebody_elses_is_refused(cast, address):
    with pytest.raises(pending_acts.CannotAct):
        restore(cast, address)


def begin(cast, sign_in):
    """Sakura's lead begins it by the pages; the PendingAct."""
    client = sign_in(cast.principal.user)
    page = reverse("admin:people_user_restore", args=[cast.midori.user_id])
    propose(client, client.post(page, {"address": "hidden.new@mail.example"}), WHY)
    return PendingAct.objects.get()


def reads(sign_in, user, act):
    page = reverse("admin:people_pendingact_change", args=[act.pk])
    return "hidden.new@mail.example" in sign_in(user).get(page).content.decode()


def test_only_the_two_who_decide_read_the_new_address_and_until_it_is_closed(cast, sign_in):
    act = begin(cast, sign_in)
    privacy = factories.post(Role.PRIVACY, of=cast.city, name="個人情報の担当").user
    assert "hidden.new@mail.example" not in str(act.payload.get("shown"))
    for user in (cast.principal.user, cast.officer.user, privacy):
        assert reads(sign_in, user, act)
    for user in (cast.office.user, cast.nurse.user, cast.helpdesk.user):
        assert not reads(sign_in, user, act)
    pending_acts.confirm(act, by=cast.officer.user)
    assert reads(sign_in, cast.officer.user, act)
    assert not reads(sign_in, privacy, act)
    access_restored.follow_restorations()
    for user in (cast.principal.user, cast.officer.user, privacy):
        assert not reads(sign_in, user, act)


def test_a_stopped_one_shows_the_address_to_nobody(cast, sign_in):
    act = begin(cast, sign_in)
    pending_acts.stop(act, by=cast.principal.user)
    assert not reads(sign_in, cast.principal.user, act)


def test_nobody_learns_of_address_after_address_whether_it_has_an_account(cast, sign_in):
    known = factories.guardian(cast.ren, "はは", "hidden.mother@far.example").user.email
    client = sign_in(cast.principal.user)
    restore_page = reverse("admin:people_user_restore", args=[cast.midori.user_id])
    appoint = reverse("admin:people_staffpost_appoint")
    facts = {"name": "新しい 先生", "role": "nurse", "school": cast.school.pk}

    def said(address):
        client.get(reverse("admin:index"))  # what was said before is read
        begun = client.post(restore_page, {"address": address}, follow=True).content.decode()
        invited = client.post(appoint, facts | {"mail": address}).content.decode()
        return known_addresses.TOO_MANY in begun and known_addresses.TOO_MANY in invited

    assert not said("nobody@far.example")
    assert not said(known)
    said(known)
    assert said(known)
    assert said("nobody@far.example")
    assert SecurityEvent.objects.filter(kind="limit.hit", detail="address.known").exists()
