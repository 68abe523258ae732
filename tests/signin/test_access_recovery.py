"""A guardian who lost their mail address recovers access, agreed by the school and a person outside
it.
"""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.db import connection, transaction
from django.db.models import TextField, Value
from django.urls import reverse

from apps.people.act_types import LAPSES_AFTER
from apps.people.models import PendingAct, Role, User
from apps.people.services import closed_acts, pending_acts
from apps.signin.services import access_recovery
from tests import factories
from tests.people.act_scenarios import propose

WHY = "学校に来て、本人だと確かめたため"


def restore(cast, address="new@mail.example"):
    act = access_recovery.propose_recovery(
        cast.midori.user, address, by=cast.office.user, reason=WHY
    )
    pending_acts.confirm(act, by=cast.officer.user)
    access_recovery.apply_recoveries()


def test_the_new_address_proves_itself_and_the_old_one_is_told_not_to_what(
    cast, sign_in, mailoutbox
):
    client = sign_in(cast.midori.user)
    assert cast.sakura.given_name in client.get("/").content.decode()
    SocialAccount.objects.create(user=cast.midori.user, provider="myna:1", uid="person-1")
    restore(cast)
    assert not SocialAccount.objects.exists()  # a card that a stranger linked meanwhile
    account = User.objects.get(pk=cast.midori.user_id)
    assert account.email == "new@mail.example"
    assert not account.has_usable_password()
    assert not EmailAddress.objects.get(user=account).verified
    assert cast.sakura.given_name not in client.get("/").content.decode()  # signed out
    mails = {mail.to[0]: mail.body for mail in mailoutbox}
    assert "new@mail.example" not in mails["midori@example.com"]
    assert "コード" in mails["new@mail.example"]


def test_nobody_of_the_school_is_the_second_person(cast):
    act = access_recovery.propose_recovery(
        cast.midori.user, "new@mail.example", by=cast.office.user, reason=WHY
    )
    for user in (cast.office.user, cast.principal.user, cast.nurse.user):
        with pytest.raises(pending_acts.CannotAct):
            pending_acts.confirm(act, by=user)


def test_only_guardians_of_the_own_children_and_never_staff(cast, sign_in):
    other_school = factories.school(cast.city, "C117220600025", "ほかの中学校(架空)")
    away = factories.staff_post(Role.OFFICE, other_school).user
    for by, account in (
        (away, cast.midori.user), (cast.homeroom.user, cast.midori.user),
        (cast.office.user, cast.nurse.user), (cast.office.user, cast.sakura.user),
    ):  # fmt: skip
        with pytest.raises(pending_acts.CannotAct):
            access_recovery.propose_recovery(account, "x@mail.example", by=by, reason=WHY)
        page = reverse("admin:people_user_restore", args=[account.pk])
        assert sign_in(by).post(page, {"address": "x@mail.example"}).status_code in (403, 404)
    assert not PendingAct.objects.exists()


@pytest.mark.parametrize("address", ["", "x", "@example.com"])
def test_an_address_that_is_none_is_refused(cast, address):
    with pytest.raises(pending_acts.CannotAct):
        restore(cast, address)


def begin(cast, sign_in):
    """Sakura's lead proposes it on the pages; returns the PendingAct."""
    client = sign_in(cast.principal.user)
    page = reverse("admin:people_user_restore", args=[cast.midori.user_id])
    propose(client, client.post(page, {"address": "hidden.new@mail.example"}), WHY)
    return PendingAct.objects.get()


def reads(sign_in, user, act):
    page = reverse("admin:people_pendingact_change", args=[act.pk])
    return "hidden.new@mail.example" in sign_in(user).get(page).content.decode()


def test_only_the_two_who_decide_read_the_new_address_and_until_it_is_closed(cast, sign_in):
    act = begin(cast, sign_in)
    privacy = factories.staff_post(Role.PRIVACY, of=cast.city, name="個人情報の担当").user
    assert "hidden.new@mail.example" not in str(act.payload.get("shown"))
    for user in (cast.principal.user, cast.officer.user, privacy):
        assert reads(sign_in, user, act)
    for user in (cast.office.user, cast.nurse.user, cast.helpdesk.user):
        assert not reads(sign_in, user, act)
    pending_acts.confirm(act, by=cast.officer.user)
    assert reads(sign_in, cast.officer.user, act)
    assert not reads(sign_in, privacy, act)
    access_recovery.apply_recoveries()
    for user in (cast.principal.user, cast.officer.user, privacy):
        assert not reads(sign_in, user, act)


def test_a_stopped_one_shows_the_address_to_nobody(cast, sign_in):
    act = begin(cast, sign_in)
    pending_acts.stop(act, by=cast.principal.user)
    assert not reads(sign_in, cast.principal.user, act)


def stored(act):
    with connection.cursor() as cursor:
        cursor.execute("SELECT payload FROM people_pendingact WHERE id = %s", [act.pk])
        return cursor.fetchone()[0]


def test_a_closed_one_keeps_no_address_in_its_row(cast, sign_in, time_machine):
    def done(act):
        pending_acts.confirm(act, by=cast.officer.user)

    def stopped(act):
        pending_acts.stop(act, by=cast.office.user)

    def lapsed(act):
        time_machine.move_to(act.proposed_at + LAPSES_AFTER + timedelta(minutes=1))
        pending_acts.lapse_unconfirmed()

    for close in (done, stopped, lapsed):
        act = access_recovery.propose_recovery(
            cast.midori.user, "hidden.new@mail.example", by=cast.office.user, reason=WHY
        )
        access_recovery.apply_recoveries()
        assert PendingAct.objects.get(pk=act.pk).payload["address"] == "hidden.new@mail.example"
        close(act)
        access_recovery.apply_recoveries()
        assert stored(act) == ""
        page = reverse("admin:people_pendingact_change", args=[act.pk])
        assert sign_in(cast.officer.user).get(page).status_code == 200


def test_nothing_else_of_an_act_goes(cast):
    act = access_recovery.propose_recovery(
        cast.midori.user, "new@mail.example", by=cast.office.user, reason=WHY
    )
    for row in (PendingAct.objects.filter(pk=act.pk),):
        with pytest.raises(Exception, match="payload_stays|Cannot update"), transaction.atomic():
            row.update(payload=Value("", output_field=TextField()))
    with pytest.raises(ValueError, match="keeps its payload"):
        closed_acts.destroy_payloads("guardian.let_in")


# -- whether an address has an account ---------------------------------------------------------------


def test_an_address_of_somebody_is_answered_like_any_and_its_owner_is_written_to(
    cast, sign_in, mailoutbox
):
    other = cast.other_guardian.user.email
    client, sentences = sign_in(cast.principal.user), []
    page = reverse("admin:people_user_restore", args=[cast.midori.user_id])
    for address in ("nobody@far.example", other):
        answer = propose(client, client.post(page, {"address": address}), WHY)
        act = PendingAct.objects.open().get()
        shown = client.get(reverse("admin:people_pendingact_change", args=[act.pk]))
        sentences.append((answer.status_code, shown.status_code))
        if address == other:
            pending_acts.confirm(act, by=cast.officer.user)
            access_recovery.apply_recoveries()
        else:
            pending_acts.stop(act, by=cast.principal.user)
            access_recovery.apply_recoveries()
    assert sentences[0] == sentences[1]
    act.refresh_from_db()
    assert act.done_at is not None
    assert act.stopped_at is None
    (mails,) = [each for each in mailoutbox if each.to == [other]]
    assert "何も変わっていません" in mails.body
    assert User.objects.get(pk=cast.midori.user_id).email == "midori@example.com"


def test_who_invites_staff_reads_the_same_of_every_address(cast, sign_in):
    known = factories.guardian(cast.ren, "はは", "hidden.mother@far.example").user.email
    client = sign_in(cast.principal.user)
    appoint = reverse("admin:people_staffpost_appoint")
    facts = {"name": "新しい 先生", "role": "nurse", "school": cast.school.pk}
    answers = [client.post(appoint, facts | {"mail": address})
               for address in ("nobody@far.example", known)]  # fmt: skip
    assert [answer.status_code for answer in answers] == [answers[0].status_code] * 2
    assert answers[0].status_code == 302
