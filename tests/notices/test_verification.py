"""An organisation is public only after a check; staff maintain the directory."""

from datetime import timedelta

import pytest
from django.db import Error, IntegrityError, transaction
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.core.clock import today
from apps.notices.models import (
    HoursException,
    PublishState,
    SupportOrganisation,
    Verification,
)
from apps.notices.services import hidden_content, organisations, publication_rules
from apps.people.models import PendingAct, Role
from apps.people.services import pending_acts
from tests import factories
from tests.browser import form_on
from tests.people.act_scenarios import propose
from tests.records import actors_of


@pytest.fixture
def draft(cast):
    return SupportOrganisation.objects.create(
        municipality=cast.city, name="ここらぼ", phone="0761-00-0000"
    )


@pytest.fixture
def public(cast, draft):
    organisations.verify_organisation(
        draft, by=cast.officer.user, source_url="https://example.com/"
    )
    organisations.publish_organisation(draft, by=cast.officer.user)
    return draft


def review_page_of(one):
    return reverse("admin:notices_supportorganisation_review", args=[one.pk])


def change(one):
    return reverse("admin:notices_supportorganisation_change", args=[one.pk])


FORM = {
    "name": "ここらぼ", "phone": "0761-00-0000", "order": "100",
    "opening_hours-TOTAL_FORMS": "0", "opening_hours-INITIAL_FORMS": "0",
    "exceptions-TOTAL_FORMS": "0", "exceptions-INITIAL_FORMS": "0",
}  # fmt: skip


def test_an_unchecked_place_is_refused_with_the_reason(cast, draft):
    with pytest.raises(publication_rules.PublicationRefused, match="確かめた日"):
        organisations.publish_organisation(draft, by=cast.officer.user)


def test_a_stale_place_is_refused_and_is_a_task_for_the_city(cast, public, sign_in):
    public.verified_on = today() - timedelta(days=180)
    public.save()
    assert not organisations.organisations_to_verify(cast.officer.user).exists()
    public.verified_on = today() - timedelta(days=181)
    public.save()
    with pytest.raises(publication_rules.PublicationRefused, match="180日"):
        organisations.publish_organisation(public, by=cast.officer.user)
    assert list(organisations.organisations_to_verify(cast.officer.user)) == [public]
    desk = sign_in(cast.officer.user)
    assert "確かめなおす窓口" in desk.get("/admin/").content.decode()
    listed = desk.get(reverse("admin:notices_supportorganisation_changelist") + "?check=due")
    assert "ここらぼ" in listed.content.decode()
    assert not organisations.organisations_to_verify(cast.nurse.user).exists()


def test_a_place_nobody_can_reach_is_not_published(cast, draft):
    SupportOrganisation.objects.update(phone="")
    draft.refresh_from_db()
    organisations.verify_organisation(draft, by=cast.officer.user, source_url="x")
    with pytest.raises(publication_rules.PublicationRefused, match="どれか"):
        organisations.publish_organisation(draft, by=cast.officer.user)


def test_checking_on_the_page_leaves_who_when_and_the_source(cast, draft, sign_in):
    desk = sign_in(cast.officer.user)
    sent = {"verb": "verify", "source_url": "https://example.com/", "is_checked": "on"}
    assert desk.post(review_page_of(draft), sent).status_code == 302
    draft.refresh_from_db()
    assert (draft.verified_on, draft.source_url) == (today(), "https://example.com/")
    assert "市の担当者" in draft.verified_by
    assert Verification.objects.get().by == cast.officer.user
    assert AuditEvent.objects.filter(action=Action.ORGANISATION_VERIFIED).count() == 1
    desk.post(review_page_of(draft), {"verb": "publish"})
    draft.refresh_from_db()
    assert draft.state == PublishState.PUBLISHED
    assert actors_of(Action.ORGANISATION_PUBLISHED) == [cast.officer.user]
    organisations.withdraw_organisation(draft, by=cast.officer.user)
    assert actors_of(Action.ORGANISATION_WITHDRAWN) == [cast.officer.user]


@pytest.mark.parametrize("missing", ["source_url", "is_checked"])
def test_checking_without_saying_so_is_told_in_place(cast, draft, sign_in, missing):
    sent = {"verb": "verify", "source_url": "https://example.com/", "is_checked": "on"}
    answer = sign_in(cast.officer.user).post(review_page_of(draft), {**sent, missing: ""})
    assert answer.status_code == 422
    assert Verification.objects.count() == 0


def test_a_check_is_never_changed_or_deleted(cast, public):
    with pytest.raises(Error), transaction.atomic():
        Verification.objects.update(source_url="別")
    with pytest.raises(Error), transaction.atomic():
        Verification.objects.get().delete()


@pytest.fixture
def second(cast):
    """Who confirms an edit of the city's officer."""
    return factories.staff_post(Role.PRIVACY, of=cast.city, name="個人情報の担当")


def agree(second):
    """The second person agrees to the pending edit, and the scheduled task makes it."""
    pending_acts.confirm(PendingAct.objects.unconfirmed().get(), by=second.user)
    hidden_content.follow_acts()


def test_a_changed_number_waits_and_the_place_stays_as_it_is(cast, public, sign_in, second):
    before = public.phone
    desk = sign_in(cast.officer.user)
    answer = desk.post(change(public), {**FORM, "phone": "0761-00-0001"})
    page = desk.get(answer.url).content.decode()
    for words in (before, "0761-00-0001", "いまの内容のまま、公開が続きます"):
        assert words in page
    assert propose(desk, answer).status_code == 302
    public.refresh_from_db()
    assert (public.phone, public.state) == (before, PublishState.PUBLISHED)
    (place,) = organisations.find_organisations(cast.city.pk)
    assert place.organisation.phone == before
    assert "公開中の窓口を直す" in desk.get(review_page_of(public)).content.decode()
    agree(second)
    public.refresh_from_db()
    assert (public.phone, public.state) == ("0761-00-0001", PublishState.PUBLISHED)
    assert (public.verified_on, Verification.objects.latest("at").by) == (today(), second.user)
    assert "個人情報保護の担当" in public.verified_by


def test_an_edit_that_is_stopped_changes_nothing(cast, public, sign_in):
    desk = sign_in(cast.officer.user)
    propose(desk, desk.post(change(public), {**FORM, "phone": "0761-00-0001"}))
    before = public.phone
    pending_acts.stop(PendingAct.objects.get(), by=cast.officer.user)
    hidden_content.follow_acts()
    public.refresh_from_db()
    assert (public.phone, public.state) == (before, PublishState.PUBLISHED)


def test_a_second_edit_is_refused_while_one_waits_and_nothing_is_dropped(
    cast, public, sign_in, second
):
    desk = sign_in(cast.officer.user)
    propose(desk, desk.post(change(public), {**FORM, "phone": "0761-00-0001"}))
    answer = propose(desk, desk.post(change(public), {**FORM, "phone": "0761-00-0002"}))
    assert answer.status_code == 422
    assert "もう確認を待っています" in answer.content.decode()
    agree(second)
    public.refresh_from_db()
    assert public.phone == "0761-00-0001"


def test_a_wrong_public_place_can_still_be_hidden_while_its_edit_waits(cast, public, sign_in):
    desk = sign_in(cast.officer.user)
    propose(desk, desk.post(change(public), {**FORM, "phone": "0761-00-0001"}))
    propose(desk, desk.post(review_page_of(public), {"verb": "withdraw"}))
    assert organisations.find_organisations(cast.city.pk) == []


def test_changed_hours_wait_too(cast, public, sign_in, second):
    rows = {
        "opening_hours-TOTAL_FORMS": "1", "opening_hours-0-weekday": "0",
        "opening_hours-0-opens_at": "09:00", "opening_hours-0-closes_at": "17:00",
    }  # fmt: skip
    desk = sign_in(cast.officer.user)
    answer = desk.post(change(public), {**FORM, **rows})
    assert "月 09:00-17:00" in desk.get(answer.url).content.decode()
    propose(desk, answer)
    assert public.opening_hours.count() == 0
    agree(second)
    public.refresh_from_db()
    assert public.opening_hours.count() == 1
    assert public.state == PublishState.PUBLISHED


def test_a_mended_wording_stays_public(cast, public, sign_in):
    sign_in(cast.officer.user).post(change(public), {**FORM, "summary": "どなたでも"})
    public.refresh_from_db()
    assert (public.summary, public.state) == ("どなたでも", PublishState.PUBLISHED)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [("phone", "=1+1", "読めません"), ("web_url", "javascript:alert(1)", "URL"), ("needs", ["evil"], "evil"),
     ("name", "", "必須")],
)  # fmt: skip
def test_bad_input_is_told_in_place(cast, draft, sign_in, field, value, sentence):
    answer = sign_in(cast.officer.user).post(change(draft), {**FORM, field: value})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


@pytest.mark.parametrize(
    "row",
    [
        {"opens_at": "09:00", "closes_at": "09:00", "weekday": "0"},
        {"weekday": "9", "opens_at": "9:00"},
    ],
)
def test_hours_that_are_none_are_refused(cast, draft, sign_in, row):
    sent = {f"opening_hours-0-{name}": value for name, value in row.items()}
    sign_in(cast.officer.user).post(
        change(draft), {**FORM, "opening_hours-TOTAL_FORMS": "1", **sent}
    )
    assert draft.opening_hours.count() == 0


def test_the_database_refuses_half_an_exception(draft):
    with pytest.raises(IntegrityError), transaction.atomic():
        draft.exceptions.create(begins_on=today(), ends_on=today(), opens_at="09:00")


def test_the_database_refuses_a_need_nobody_knows(draft):
    with pytest.raises(IntegrityError), transaction.atomic():
        SupportOrganisation.objects.update(needs=["evil"])


def test_a_withdrawn_place_is_gone(cast, public, sign_in):
    desk = sign_in(cast.officer.user)
    propose(desk, desk.post(review_page_of(public), {"verb": "withdraw"}))
    assert organisations.find_organisations(cast.city.pk) == []


def test_the_only_city_checks_the_countrys_places_but_does_not_change_them(
    cast, places, sign_in, monkeypatch
):
    monkeypatch.setattr(organisations, "_is_shared", lambda municipality_id: False)
    one = SupportOrganisation.objects.get(name="チャイルドライン")
    desk = sign_in(cast.officer.user)
    sent = {"verb": "verify", "source_url": "https://example.com/", "is_checked": "on"}
    assert desk.post(review_page_of(one), sent).status_code == 302
    one.refresh_from_db()
    assert one.verified_on == today()
    assert desk.post(review_page_of(one), {"verb": "withdraw"}).status_code == 404
    assert desk.post(change(one), FORM).status_code == 403


@pytest.mark.parametrize("who", ["nurse", "homeroom", "helpdesk"])
def test_who_may_not_edit_only_looks(cast, public, sign_in, who):
    desk = sign_in(getattr(cast, who).user)
    assert desk.get(review_page_of(public)).status_code == 200
    for verb in ("verify", "publish", "withdraw"):
        assert desk.post(review_page_of(public), {"verb": verb}).status_code == 404


def test_another_city_does_not_find_it(cast, public, sign_in):
    assert sign_in(cast.away_nurse.user).get(review_page_of(public)).status_code == 404


def test_what_changed_while_looking_is_neither_checked_nor_published(cast, draft, sign_in):
    desk, public = sign_in(cast.officer.user), draft
    checks = Verification.objects.count()
    seen = form_on(desk.get(review_page_of(public)), "source_url")
    desk.post(change(public), {**FORM, "phone": "0761-00-0009"})
    for sent in ({"verb": "verify", "source_url": "x", "is_checked": "on"}, {"verb": "publish"}):
        answer = desk.post(review_page_of(public), {**seen, **sent}, follow=True)
        assert "見ているあいだに" in answer.content.decode()
    public.refresh_from_db()
    assert public.state == PublishState.DRAFT
    assert Verification.objects.count() == checks


SPECIAL = {
    "exceptions-TOTAL_FORMS": "1", "exceptions-0-begins_on": "2026-12-29",
    "exceptions-0-ends_on": "2027-01-03",
}  # fmt: skip


@pytest.mark.parametrize("year", ["0001", "1999", "2100", "9999", "99999", "0000", "-001"])
@pytest.mark.parametrize("name", ["begins_on", "ends_on"])
def test_a_day_of_a_year_that_cannot_be_is_a_sentence(cast, draft, sign_in, year, name):
    desk = sign_in(cast.officer.user)
    sent = FORM | SPECIAL
    answer = desk.post(change(draft), sent | {f"exceptions-0-{name}": f"{year}-12-31"})
    assert answer.status_code in (200, 422)
    (errors,) = answer.context["inline_admin_formsets"][1].formset.errors
    assert name in errors
    assert not HoursException.objects.exists()


def test_days_that_differ_are_kept(cast, draft, sign_in):
    desk = sign_in(cast.officer.user)
    desk.post(change(draft), FORM | SPECIAL)
    assert HoursException.objects.get().ends_on.year == 2027
