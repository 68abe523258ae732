"""An edit that waited too long overwrites nothing newer, and nobody is both of the two people."""

import pytest

from apps.audit.models import Action, AuditEvent
from apps.notices.models import PublishState, SupportOrganisation
from apps.notices.services import hidden_content, organisations, publication_rules
from apps.people.models import PendingAct
from apps.people.services import pending_acts
from tests.notices.test_verification import FORM, change, draft, public, review_page_of, second  # noqa: F401
from tests.people.act_scenarios import propose

pytestmark = pytest.mark.usefixtures("public", "second")


@pytest.fixture
def desk(cast, sign_in):
    return sign_in(cast.officer.user)


@pytest.fixture
def waiting(desk, public):  # noqa: F811
    """An edit of the number that waits for a second person."""
    propose(desk, desk.post(change(public), {**FORM, "phone": "0761-00-0001"}))
    return PendingAct.objects.get(kind="organisation.change")


def hide(desk, one):
    propose(desk, desk.post(review_page_of(one), {"verb": "withdraw"}))


def checked(one, by):
    one.refresh_from_db()
    organisations.verify_organisation(one, by=by.user, source_url="https://example.com/")
    return one


def test_hiding_a_place_ends_its_waiting_edit_with_words(cast, public, desk, waiting, second):  # noqa: F811
    hide(desk, public)
    with pytest.raises(pending_acts.CannotAct, match="もう決まった"):
        pending_acts.confirm(waiting, by=second.user)
    hidden_content.follow_acts()
    public.refresh_from_db()
    assert (public.phone, public.state) == ("0761-00-0000", PublishState.WITHDRAWN)
    assert "直しは、行いませんでした" in desk.get(review_page_of(public)).content.decode()


def test_an_agreed_edit_lapses_where_the_place_has_newer_facts(cast, public, desk, waiting, second):  # noqa: F811
    SupportOrganisation.objects.update(phone="0761-00-0002")
    pending_acts.confirm(waiting, by=second.user)
    hidden_content.follow_acts()
    public.refresh_from_db()
    waiting.refresh_from_db()
    assert public.phone == "0761-00-0002"
    assert (bool(waiting.stopped_at), bool(waiting.done_at)) == (True, True)
    assert not AuditEvent.objects.filter(action=Action.ACT_DONE).exists()
    assert "直しは、行いませんでした" in desk.get(review_page_of(public)).content.decode()


def test_an_agreed_edit_is_made_where_other_fields_changed(cast, public, waiting, second):  # noqa: F811
    SupportOrganisation.objects.update(summary="どなたでも")
    pending_acts.confirm(waiting, by=second.user)
    hidden_content.follow_acts()
    public.refresh_from_db()
    assert (public.phone, public.summary) == ("0761-00-0001", "どなたでも")


def test_who_changed_a_hidden_place_does_not_publish_it_again_alone(cast, public, desk):  # noqa: F811
    hide(desk, public)
    desk.post(change(public), {**FORM, "phone": "0761-00-0002"})
    with pytest.raises(publication_rules.PublicationRefused, match="ほかの人"):
        organisations.publish_organisation(checked(public, cast.officer), by=cast.officer.user)
    organisations.publish_organisation(checked(public, cast.principal), by=cast.principal.user)
    public.refresh_from_db()
    assert (public.state, public.changed_by) == (PublishState.PUBLISHED, [])


def test_the_way_over_a_stopped_hiding_needs_another_person_too(cast, public, desk):  # noqa: F811
    hide(desk, public)
    desk.post(change(public), {**FORM, "phone": "0761-00-0002"})
    act = PendingAct.objects.get(kind="organisation.hide")
    pending_acts.stop(act, by=cast.officer.user)
    hidden_content.follow_acts()
    with pytest.raises(publication_rules.PublicationRefused, match="ほかの人"):
        organisations.publish_organisation(checked(public, cast.officer), by=cast.officer.user)


def test_a_place_hidden_and_left_alone_is_published_again_by_the_same(cast, public, desk):  # noqa: F811
    hide(desk, public)
    organisations.publish_organisation(checked(public, cast.officer), by=cast.officer.user)
    public.refresh_from_db()
    assert public.state == PublishState.PUBLISHED
