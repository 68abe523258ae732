"""Two people open one row: who saves second is told what changed, and overwrites nothing."""

from datetime import time, timedelta

import pytest
from django.contrib import admin
from django.urls import reverse

from apps.cases.models import Scheme
from apps.checkins.models import CheckInSettings, QuestionSet
from apps.checkins.services import question_drafts
from apps.checkins.services.question_sets import seed_questions
from apps.consent.models import ConsentDocument, Programme, PurposePolicy
from apps.consent.services.documents import draft_next_version
from apps.core import clock
from apps.core.clock import today
from apps.helpdesk.models import (
    AnswerTemplate,
    HelpContact,
    HelpEntry,
    ServiceNote,
    SupportIssue,
    SupportVisit,
)
from apps.helpline.models import DutyRoster, ProtectionRoute
from apps.linkage.models import DataSource
from apps.notices.models import Notice, SupportOrganisation
from apps.notices.services import drafts
from apps.people.admin_bases.edit_conflicts import VersionCheckedAdmin
from apps.people.models import Municipality, Role, SchoolBreak
from apps.push.models import QuietHours
from apps.selfinfo.models import SelfInfoCode
from apps.signin.models import LtiPlatform, MynaService, SchoolAccountService
from tests import factories
from tests.browser import form_on

ONLY_ADDED = {ProtectionRoute}  # each change is a new row
EDITED = [
    model
    for model, model_admin in admin.site._registry.items()
    if getattr(model_admin, "edit_verb", None) and model not in ONLY_ADDED
]


def _question_set(cast):
    seed_questions()
    shipped = QuestionSet.objects.get(code="daily", municipality=None)
    return question_drafts.draft_next_version(shipped, municipality=cast.city, by=cast.officer.user)


def _document(cast):
    draft = draft_next_version(factories.document(cast.city), by=cast.officer.user)
    draft.student_question = draft.student_words = "つかっても いいですか。"
    draft.save()
    return draft


def _policy(cast):
    factories.document(cast.city)
    return factories.policy(cast.city)


def _code(cast):
    return SelfInfoCode.objects.create(
        municipality=cast.city, meaning=SelfInfoCode._meta.get_field("meaning").choices[0][0],
        name_code="TM" + "1" * 14, item_code="1" * 10,
    )  # fmt: skip


# model -> (a row, who edits it, the field, what the first writes, what the second writes)
ROWS = {
    SchoolBreak: (
        lambda c: SchoolBreak.objects.create(
            municipality=c.city, school=c.school, title="冬休み", begins_on=today(),
            ends_on=today() + timedelta(days=3),
        ), "principal", "title", "冬のやすみ", "冬休み(なおした)",
    ),
    Municipality: (lambda c: c.city, "officer", "neutral_page", "weather", "library"),
    Scheme: (
        lambda c: Scheme.objects.create(municipality=c.city, name="就学援助"), "officer", "name",
        "就学の援助", "学校の援助",
    ),
    AnswerTemplate: (
        lambda c: AnswerTemplate.objects.create(
            municipality=c.city, topic="card", title="カード", body="担任の先生へ"
        ), "helpdesk", "body", "先の人の文", "後の人の文",
    ),
    HelpEntry: (
        lambda c: HelpEntry.objects.create(municipality=c.city, title="てがみ", body="まつ"),
        "officer", "body", "先の人の文", "後の人の文",
    ),
    ServiceNote: (
        lambda c: ServiceNote.objects.create(
            municipality=c.city, words="おそいです", ends_at=clock.now() + timedelta(days=1)
        ), "helpdesk", "words", "まって ください", "おまち ください",
    ),
    SupportIssue: (
        lambda c: SupportIssue.objects.create(
            municipality=c.city, title="文字が小さい", origin="staff"
        ), "officer", "title", "先の人の課題", "後の人の課題",
    ),
    SupportVisit: (
        lambda c: SupportVisit.objects.create(
            municipality=c.city, school=c.school, visited_on=today(), done="説明"
        ), "helpdesk", "done", "先の人の文", "後の人の文",
    ),
    HelpContact: (
        lambda c: HelpContact.objects.create(municipality=c.city, phone="0761-00-0000"),
        "officer", "phone", "0761-00-0001", "0761-00-0002",
    ),
    Programme: (lambda c: c.programme, "officer", "contact", "教育委員会", "学校教育課"),
    PurposePolicy: (_policy, "officer", "kept_days", "30", "60"),
    ConsentDocument: (_document, "officer", "what", "先の人の文", "後の人の文"),
    QuestionSet: (_question_set, "officer", "every_days", "2", "3"),
    CheckInSettings: (
        lambda c: CheckInSettings.objects.create(municipality=c.city, school=c.school),
        "principal", "tells_when_seen", "on", "on",
    ),
    DutyRoster: (factories.duty_roster, "principal", "second_after", "6", "7"),
    DataSource: (
        lambda c: DataSource.objects.create(
            municipality=c.city, school=c.school, kind="school_files", title="出欠", place="towa",
        ), "officer", "title", "毎日の出欠", "出欠と成績",
    ),
    LtiPlatform: (
        lambda c: LtiPlatform.objects.create(
            municipality=c.city, name="まなび", issuer="https://p.example", client_id="c-1",
            auth_url="https://login.microsoftonline.com/a",
            keyset_url="https://login.microsoftonline.com/k", deployment_ids=["1"],
        ), "officer", "name", "まなびA", "まなびB",
    ),
    MynaService: (
        lambda c: MynaService.objects.create(
            municipality=c.city, environment="sandbox", client_id="RP1"
        ), "officer", "client_id", "RP2", "RP3",
    ),
    SchoolAccountService: (
        lambda c: SchoolAccountService.objects.create(
            municipality=c.city, kind="google", client_id="c-1", domain="a.example"
        ), "officer", "client_id", "c-2", "c-3",
    ),
    SelfInfoCode: (_code, "officer", "item_code", "2" * 10, "3" * 10),
    Notice: (
        lambda c: Notice.objects.create(
            municipality=c.city, title="みんなへ", body="本文", written_by=c.officer.user
        ), "officer", "body", "先の人の本文", "後の人の本文",
    ),
    SupportOrganisation: (
        lambda c: SupportOrganisation.objects.create(
            municipality=c.city, name="ここらぼ", phone="0761-00-0000"
        ), "officer", "phone", "0761-00-0001", "0761-00-0002",
    ),
    QuietHours: (
        lambda c: QuietHours.objects.create(
            municipality=c.city, school=c.school, begins=time(20), ends=time(7)
        ), "principal", "begins", "21:00", "19:00",
    ),
}  # fmt: skip


def test_every_row_that_staff_edit_is_tried_here():
    assert {model.__name__ for model in EDITED} == {model.__name__ for model in ROWS}


def test_rows_that_are_only_added_are_edited_by_nobody(rf):
    for model in ONLY_ADDED:
        assert not admin.site._registry[model].has_change_permission(rf.get("/"))


def test_every_admin_page_of_ours_checks_what_was_opened():
    model_admins = [
        model_admin
        for model, model_admin in admin.site._registry.items()
        if model_admin.__module__.startswith("apps.")
    ]
    assert model_admins and all(
        isinstance(model_admin, VersionCheckedAdmin) for model_admin in model_admins
    )


@pytest.fixture(params=EDITED, ids=lambda model: model.__name__)
def opened(request, cast, sign_in):
    make, who, field, first, second = ROWS[request.param]
    row, user = make(cast), getattr(cast, who).user
    url = reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_change", args=[row.pk])
    return sign_in(user), url, row, field, first, second


def _typed(form, field, value):
    return {k: v for k, v in {**form, field: value}.items() if v != ""}


def test_a_stale_save_is_refused_shows_both_and_can_be_decided(opened):
    desk, url, row, field, first, second = opened
    form = form_on(desk.get(url))
    assert desk.post(url, _typed(form, field, first)).status_code == 302
    row.refresh_from_db()
    saved = getattr(row, field)
    if second == first:  # a tick: the second person says the other thing
        second = ""
    answer = desk.post(url, _typed(form, field, second))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "変えました(まだ保存していません)" in page  # one person in two windows
    row.refresh_from_db()
    assert getattr(row, field) == saved
    again = form_on(answer)
    if second:
        assert first in page and second in page
        assert again[field] == second
        assert desk.post(url, again).status_code == 302
        row.refresh_from_db()
        assert getattr(row, field) != saved
    else:
        assert again[field] == first  # nobody had touched it here: the other's is taken over


def test_a_form_that_does_not_say_what_was_opened_overwrites_nothing(opened):
    desk, url, row, field, first, _ = opened
    before = type(row).objects.filter(pk=row.pk).values().get()
    form = form_on(desk.get(url))
    assert desk.post(url, {**_typed(form, field, first), "opened_as": ""}).status_code == 422
    assert type(row).objects.filter(pk=row.pk).values().get() == before


def test_an_untouched_page_comes_back_as_it_was_drawn(opened):
    desk, url, *_ = opened
    assert desk.post(url, form_on(desk.get(url))).status_code == 302


# -- one organisation ---------------------------------------------------------------------------


@pytest.fixture
def place(cast, sign_in):
    row = SupportOrganisation.objects.create(
        municipality=cast.city, name="ここらぼ", phone="0761-00-0000"
    )
    row.opening_hours.create(weekday=0, opens_at=time(9), closes_at=time(17))
    url = reverse("admin:notices_supportorganisation_change", args=[row.pk])
    return (
        row,
        url,
        sign_in(cast.officer.user),
        sign_in(factories.staff_post(Role.CITY, of=cast.city).user),
    )


def test_what_the_other_saved_is_taken_over_where_nobody_typed(place):
    """The steps of inputs/orgs-lost-update."""
    row, url, one, other = place
    own_form, other_form = form_on(one.get(url)), form_on(other.get(url))
    other.post(url, {**other_form, "phone": "0761-11-1111"})
    answer = one.post(url, {**own_form, "summary": "どなたでも"})
    assert answer.status_code == 422
    row.refresh_from_db()
    assert (row.phone, row.summary) == ("0761-11-1111", "")
    page = answer.content.decode()
    assert "0761-11-1111" in page and "職員(市の担当者)が" in page
    one.post(url, form_on(answer))
    row.refresh_from_db()
    assert (row.phone, row.summary) == ("0761-11-1111", "どなたでも")


def _hours(form, number, **values):
    count = max(int(form["opening_hours-TOTAL_FORMS"]), number + 1)
    named = {f"opening_hours-{number}-{name}": value for name, value in values.items()}
    return {**form, **named, "opening_hours-TOTAL_FORMS": str(count)}


def test_hours_that_both_changed_stand_side_by_side(place):
    row, url, one, other = place
    own_form, other_form = form_on(one.get(url)), form_on(other.get(url))
    added = _hours(other_form, 1, weekday="1", opens_at="10:00", closes_at="12:00")
    assert other.post(url, added).status_code == 302
    answer = one.post(url, _hours(own_form, 0, closes_at="18:00"))
    assert answer.status_code == 422
    assert "火 10:00:00 12:00:00" in answer.content.decode()
    assert one.post(url, form_on(answer)).status_code == 302
    hours = row.opening_hours.order_by("weekday").values_list("weekday", "closes_at")
    assert list(hours) == [(0, time(18)), (1, time(12))]


def test_a_row_that_the_other_deleted_can_be_kept_as_a_new_one(place):
    row, url, one, other = place
    own_form, other_form = form_on(one.get(url)), form_on(other.get(url))
    assert other.post(url, _hours(other_form, 0, DELETE="on")).status_code == 302
    answer = one.post(url, _hours(own_form, 0, closes_at="18:00"))
    assert answer.status_code == 422
    assert one.post(url, form_on(answer)).status_code == 302
    assert [hours.closes_at for hours in row.opening_hours.all()] == [time(18)]


def test_what_is_published_meanwhile_gives_the_typed_words_back(cast, sign_in):
    notice = Notice.objects.create(
        municipality=cast.city, title="みんなへ", body="本文", written_by=cast.officer.user
    )
    url = reverse("admin:notices_notice_change", args=[notice.pk])
    desk = sign_in(cast.officer.user)
    form = form_on(desk.get(url))
    drafts.submit_draft(notice, by=cast.officer.user)
    answer = desk.post(url, {**form, "body": "ながく かいた 文"})
    assert answer.status_code == 403
    assert "ながく かいた 文" in answer.content.decode()
    notice.refresh_from_db()
    assert notice.body == "本文"


def test_a_secret_that_somebody_else_sealed_is_told(cast, sign_in):
    row = DataSource.objects.create(
        municipality=cast.city, school=cast.school, kind="school_files", title="出欠", place="towa"
    )
    url = reverse("admin:linkage_datasource_change", args=[row.pk])
    desk = sign_in(cast.officer.user)
    form = form_on(desk.get(url))
    desk.post(url, {**form, "secret": "himitsu-1"})
    answer = desk.post(url, {**form, "secret": "himitsu-2"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "接続の秘密" in page and "himitsu" not in page
