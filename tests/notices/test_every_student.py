"""A notice is in the inbox of every student of its audience, at once, whatever they agreed to."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action, AuditEvent
from apps.consent.models import Purpose
from apps.notices import services
from apps.notices.models import Notice, NoticeReceipt, PublishState, SupportOrganisation
from apps.push.models import Broadcast
from tests import factories
from tests.push.helpers import device


@pytest.fixture
def notice(cast):
    return Notice.objects.create(
        municipality=cast.city, title="｜話《はな》せる ｜場所《ばしょ》", body="**みんな**へ"
    )


def publish(notice, cast):
    return services.publish(notice, by=cast.officer.user)


def test_every_student_has_it_consenting_or_not(cast, notice):
    factories.effective(cast.sakura, Purpose.ATTENDANCE)
    publish(notice, cast)
    for student in (cast.sakura, cast.ren):
        assert [item.notice for item in services.inbox_for(student.user)] == [notice]


def test_a_student_who_comes_later_has_it_too(cast, notice):
    publish(notice, cast)
    late = factories.student(cast.class_1, "あとから", number=9)
    assert [item.notice for item in services.inbox_for(late.user)] == [notice]


def test_guardians_have_it_only_if_it_is_for_them(cast, notice):
    publish(notice, cast)
    assert services.inbox_for(cast.midori.user)
    Notice.objects.update(for_guardians=False)
    assert services.inbox_for(cast.midori.user) == []


def test_schools_and_grades_narrow_it_and_nothing_else_can(cast, notice):
    notice.grades = ["J2"]
    notice.save()
    publish(notice, cast)
    assert services.inbox_for(cast.sakura.user) == []
    assert services.inbox_for(cast.ren.user)


def test_another_city_does_not_have_it(cast, notice, sign_in):
    away = factories.student(factories.school_class(cast.away_school))
    publish(notice, cast)
    assert services.inbox_for(away.user) == []
    url = reverse("notices:notice", args=[notice.pk])
    assert sign_in(away.user).get(url).status_code == 404


@pytest.mark.parametrize("state", [PublishState.DRAFT, PublishState.WITHDRAWN])
def test_a_draft_or_withdrawn_notice_is_not_there(cast, notice, sign_in, state):
    Notice.objects.update(state=state)
    url = reverse("notices:notice", args=[notice.pk])
    assert sign_in(cast.sakura.user).get(url).status_code == 404


def test_publishing_twice_is_refused_and_rings_once(cast, notice):
    device(cast.sakura.user)
    publish(notice, cast)
    with pytest.raises(services.CannotPublish, match="もう"):
        publish(notice, cast)
    assert Broadcast.objects.count() == 1


def test_publishing_leaves_one_record(cast, notice):
    publish(notice, cast)
    assert AuditEvent.objects.filter(action=Action.NOTICE_PUBLISHED).count() == 1


def test_a_scheduled_notice_waits_and_then_rings_once(cast, notice):
    device(cast.sakura.user)
    notice.publish_at = timezone.now() + timedelta(hours=1)
    notice.save()
    publish(notice, cast)
    assert services.inbox_for(cast.sakura.user) == []
    assert services.publish_due() == 0
    Notice.objects.update(publish_at=timezone.now() - timedelta(minutes=1))
    assert services.publish_due() == 1
    assert services.publish_due() == 0
    assert Broadcast.objects.count() == 1


def test_reach_counts_all_enrolled_students(cast, notice, sign_in):
    publish(notice, cast)
    sign_in(cast.sakura.user).get(reverse("notices:inbox"))
    sign_in(cast.ren.user).get(reverse("notices:notice", args=[notice.pk]))
    found = services.reach(Notice.objects.get())
    assert (found.n_students, found.n_shown, found.n_opened) == (2, 2, 1)
    assert services.reach_by_class(notice) == [("1年1組", 1, 1), ("2年1組", 1, 1)]


def test_the_inbox_of_many_notices_costs_no_more_queries(cast, notice, sign_in):
    browser, url = sign_in(cast.sakura.user), reverse("notices:inbox")

    def queries():
        browser.get(url)
        with CaptureQueriesContext(connection) as asked:
            browser.get(url)
        return len(asked)

    publish(notice, cast)
    before = queries()
    for n in range(10):
        publish(Notice.objects.create(municipality=cast.city, title=f"題{n}", body="本文"), cast)
    assert queries() == before
    assert NoticeReceipt.objects.filter(user=cast.sakura.user).count() == 11


@pytest.mark.parametrize(
    "evil",
    ["<script>alert(1)</script>", "[x](javascript:alert(1))", '<img src=x onerror="alert(1)">',
     "｜<b>《<i>》", "<a href='data:text/html,x'>x</a>"],
)  # fmt: skip
def test_a_notice_can_carry_no_script(cast, notice, sign_in, evil):
    Notice.objects.update(title=evil[:120], body=evil)
    publish(notice, cast)
    browser = sign_in(cast.sakura.user)
    for url in (reverse("notices:notice", args=[notice.pk]), reverse("notices:inbox"), "/"):
        text = browser.get(url).content.decode()
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert 'href="javascript:' not in text
        assert "<a href='data:" not in text


# -- places ---------------------------------------------------------------------------------------


@pytest.fixture
def places(cast):
    services.install_known_organisations(cast.city)


def test_places_are_open_to_everybody_without_sign_in(client, places):
    text = client.get(reverse("notices:places")).content.decode()
    assert "チャイルドライン" in text


def test_what_is_known_by_name_only_stays_a_draft(places):
    drafts = SupportOrganisation.objects.filter(state=PublishState.DRAFT)
    assert drafts.count() == 7
    assert all(one.phone == "" for one in drafts)


def test_installing_again_changes_nothing(cast, places):
    before = SupportOrganisation.objects.count()
    services.install_known_organisations(cast.city)
    assert SupportOrganisation.objects.count() == before


def test_a_draft_place_has_no_page(client, places):
    draft = SupportOrganisation.objects.filter(state=PublishState.DRAFT).first()
    assert client.get(reverse("notices:place", args=[draft.pk])).status_code == 404


def test_an_unverified_place_is_refused_with_the_reason(cast, places):
    draft = SupportOrganisation.objects.filter(state=PublishState.DRAFT).first()
    with pytest.raises(services.CannotPublish, match="確かめた日"):
        services.publish_organisation(draft, by=cast.officer.user)
    stale = SupportOrganisation.objects.published().first()
    stale.verified_on -= timedelta(days=400)
    with pytest.raises(services.CannotPublish, match="180日"):
        services.publish_organisation(stale, by=cast.officer.user)


@pytest.mark.parametrize("name", ["notices:places", "notices:inbox"])
def test_pages_are_only_read(cast, sign_in, name):
    assert sign_in(cast.sakura.user).post(reverse(name)).status_code == 405


def test_the_inbox_asks_for_sign_in(client, db):
    assert client.get(reverse("notices:inbox")).status_code == 302


# -- the staff's door -----------------------------------------------------------------------------


def look(notice):
    return reverse("admin:notices_notice_look", args=[notice.pk])


def test_the_city_publishes_and_withdraws_on_the_page(cast, notice, sign_in):
    desk = sign_in(cast.officer.user)
    assert "2人" in desk.get(look(notice)).content.decode()
    desk.post(look(notice), {"verb": "publish"})
    assert services.inbox_for(cast.sakura.user)
    desk.post(look(notice), {"verb": "withdraw"})
    assert services.inbox_for(cast.sakura.user) == []


def test_a_nurse_sees_but_does_not_publish(cast, notice, sign_in):
    desk = sign_in(cast.nurse.user)
    assert desk.get(look(notice)).status_code == 200
    assert desk.post(look(notice), {"verb": "publish"}).status_code == 404
    notice.refresh_from_db()
    assert notice.state == PublishState.DRAFT


def test_another_citys_staff_do_not_find_it(cast, notice, sign_in):
    assert sign_in(cast.away_nurse.user).get(look(notice)).status_code == 404


def test_a_new_notice_written_in_admin_belongs_to_the_officers_city(cast, sign_in):
    desk = sign_in(cast.officer.user)
    written = {"title": "題", "body": "本文", "grades": "", "for_guardians": "on",
               "publish_at": "2026-11-20T09:00", "expires_at": ""}  # fmt: skip
    answer = desk.post(reverse("admin:notices_notice_add"), written)
    made = Notice.objects.get()
    assert answer.url == look(made)
    assert made.municipality == cast.city


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("grades", "J9", "学年は"),
        ("expires_at", "2026-11-19T09:00", "後に"),
        ("publish_at", "あした", "日時"),
    ],
)
def test_bad_input_in_the_form_is_told_in_place(cast, sign_in, field, value, sentence):
    written = {"title": "題", "body": "本文", "publish_at": "2026-11-20T09:00", field: value}
    page = sign_in(cast.officer.user).post(reverse("admin:notices_notice_add"), written)
    assert sentence in page.content.decode()
    assert Notice.objects.count() == 0


def test_published_notices_are_not_edited(cast, notice, sign_in):
    publish(notice, cast)
    url = reverse("admin:notices_notice_change", args=[notice.pk])
    assert sign_in(cast.officer.user).post(url, {"title": "別"}).status_code == 403
