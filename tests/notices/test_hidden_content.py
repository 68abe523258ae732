"""A hiding that is stopped: what was changed meanwhile is not restored unchecked."""

import pytest

from apps.notices.models import PublishState
from apps.notices.services import hidden_content, organisations
from apps.people.models import PendingAct
from apps.people.services import pending_acts
from tests.notices.test_verification import FORM, change, draft, public, review_page_of, second  # noqa: F401
from tests.people.act_scenarios import propose


@pytest.fixture
def desk(cast, sign_in):
    return sign_in(cast.officer.user)


def hide(desk, one):
    propose(desk, desk.post(review_page_of(one), {"verb": "withdraw"}))


def stop_hiding(cast, one):
    act = PendingAct.objects.get(kind="organisation.hide", thing_id=str(one.pk))
    pending_acts.stop(act, by=cast.officer.user)
    hidden_content.follow_acts()
    act.refresh_from_db()
    one.refresh_from_db()
    return act


def test_a_place_hidden_and_left_alone_comes_back(cast, public, desk):  # noqa: F811
    hide(desk, public)
    assert stop_hiding(cast, public).done_at
    assert public.state == PublishState.PUBLISHED
    assert "下書きにもどりました" not in desk.get(review_page_of(public)).content.decode()


def test_a_place_changed_while_hidden_comes_back_as_a_draft_with_words(cast, public, desk):  # noqa: F811
    hide(desk, public)
    desk.post(change(public), {**FORM, "phone": "0761-00-0009"})
    assert stop_hiding(cast, public).done_at
    assert (public.phone, public.state) == ("0761-00-0009", PublishState.DRAFT)
    assert organisations.find_organisations(cast.city.pk) == []
    assert "下書きにもどりました" in desk.get(review_page_of(public)).content.decode()


def test_a_new_check_by_whoever_changed_it_does_not_bring_it_back_either(cast, public, desk):  # noqa: F811
    hide(desk, public)
    desk.post(change(public), {**FORM, "phone": "0761-00-0009"})
    public.refresh_from_db()
    organisations.verify_organisation(
        public, by=cast.officer.user, source_url="https://example.com/"
    )
    stop_hiding(cast, public)
    assert public.state == PublishState.DRAFT
