"""Who may confirm, stop and know of a change that waits: the place counts as much as the role."""

import pytest
from django.urls import reverse

from apps.notices.models import Notice
from apps.notices.services import drafts, hidden_content, publication
from apps.people.models import ActState, Role
from apps.people.services import act_queries, pending_acts
from apps.signin.services import account_locks
from tests import factories
from tests.people.act_scenarios import the_act

WHY = "内容に まちがいが あったため"


def hidden_notice(cast, school=None, by=None):
    """The act of hiding a published notice to one school, or to the whole city."""
    by = by or cast.officer.user
    notice = Notice.objects.create(
        municipality=cast.city, title="お知らせ", body="みんなへ", written_by=by
    )
    if school:
        notice.schools.add(school)
    drafts.submit_draft(notice, by=by)
    checker = factories.staff_post(Role.CITY, of=cast.city, name="確かめる人").user
    publication.publish_notice(notice, by=checker)
    notice.refresh_from_db()
    return hidden_content.hide(notice, by=by, reason=WHY)


@pytest.fixture
def privacy(cast):
    return factories.staff_post(Role.PRIVACY, of=cast.city, name="個人情報の担当").user


def test_a_principal_neither_confirms_nor_stops_nor_sees_what_the_city_did_for_all(cast, sign_in):
    act = hidden_notice(cast)
    principal = cast.principal.user
    for verb in (pending_acts.confirm, pending_acts.stop):
        with pytest.raises(pending_acts.CannotAct):
            verb(act, by=principal)
    assert not act_queries.acts_visible_to(principal).exists()
    client = sign_in(principal)
    for name in ("confirm", "stop"):
        url = reverse(f"admin:people_pendingact_{name}", args=[act.pk])
        assert client.post(url).status_code == 404
    assert the_act().state == ActState.WAITING


def test_a_principal_is_not_counted_among_those_who_could_confirm_it(cast):
    act = hidden_notice(cast)
    n = act_queries.count_possible_confirmers(
        act.kind, act.municipality_id, but=act.proposed_by, role=act.proposed_role
    )
    assert n == 0


def test_a_principal_confirms_what_the_city_did_at_their_school_and_no_other_principal(cast):
    act = hidden_notice(cast, cast.school)
    other_school = factories.school(cast.city, "C117220600099", "西和中学校(架空)")
    other = factories.staff_post(Role.PRINCIPAL, other_school, name="西和の校長").user
    with pytest.raises(pending_acts.CannotAct):
        pending_acts.confirm(act, by=other)
    assert not act_queries.acts_visible_to(other).exists()
    assert pending_acts.confirm(act, by=cast.principal.user).state == ActState.AGREED


def test_the_city_and_the_privacy_officer_reach_the_acts_of_a_school(cast, privacy):
    act = account_locks.lock_account(cast.homeroom.user, by=cast.principal.user, reason=WHY)
    for user in (cast.officer.user, privacy):
        assert act_queries.acts_visible_to(user).get() == act
        assert act_queries.why_not_confirm(act, user) == ""


def test_who_could_not_confirm_and_did_not_begin_it_cannot_stop_it(cast, privacy, sign_in):
    act = hidden_notice(cast)
    colleague = factories.staff_post(Role.CITY, of=cast.city, name="もう一人").user
    with pytest.raises(pending_acts.CannotAct, match="止められるのは"):
        pending_acts.stop(act, by=colleague)
    client = sign_in(colleague)
    page = client.get(reverse("admin:people_pendingact_change", args=[act.pk]))
    assert "この変更を止める" not in page.content.decode()
    client.post(reverse("admin:people_pendingact_stop", args=[act.pk]))
    assert the_act().state == ActState.WAITING
    assert pending_acts.stop(act, by=privacy).state == ActState.STOPPED


def test_who_began_it_stops_it_only_while_they_hold_a_post(cast, privacy):
    act = hidden_notice(cast)
    cast.officer.is_enabled = False
    cast.officer.save()
    first = type(cast.officer.user).objects.get(pk=cast.officer.user.pk)
    with pytest.raises(pending_acts.CannotAct):
        pending_acts.stop(act, by=first)
