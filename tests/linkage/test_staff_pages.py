"""Staff set up sources, test them and have them read; linked data is never listed."""

import pytest
from django.contrib import admin
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.linkage.models import DataSource, LinkedRecord, SourceKind, SyncRun
from apps.linkage.services import data_sources, sync_runs
from apps.people.models import Role
from tests import factories
from tests.linkage.test_attendance_import import days_ago
from tests.page_text import text_of

LIST = reverse("admin:linkage_datasource_changelist")
RUNS = reverse("admin:linkage_syncrun_changelist")


def page_of(source):
    return reverse("admin:linkage_datasource_change", args=[source.pk])


def button(name, source):
    if name in ("check", "upload"):
        return reverse(f"admin:linkage_{name}", args=[source.pk])
    return reverse("admin:linkage_request_run", args=[source.pk, name])


def form(source, **changes):
    return {
        "title": source.title, "place": source.place, "user_name": "", "secret_name": "",
        "every_minutes": 15, "late_after_hours": 72, "is_on": "on", **changes,
    }  # fmt: skip


@pytest.fixture
def city(cast, sign_in):
    return sign_in(cast.officer.user)


def test_the_city_edits_the_place_and_the_change_is_recorded(source, city):
    source.cursor = {"files": {}}
    source.save()
    assert city.post(page_of(source), form(source, place="higashi")).status_code == 302
    source.refresh_from_db()
    assert (source.place, source.cursor) == ("higashi", {})
    assert AuditEvent.objects.get(action=Action.RECORD_CHANGED).fields == ["place"]


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (SourceKind.SCHOOL_FILES, {"place": "../../etc"}),
        (SourceKind.SCHOOL_FILES, {"secret_name": "VAULT_KEYS"}),
        (SourceKind.XAPI_LRS, {"place": "http://lrs.example/xapi"}),
    ],
)
def test_a_dangerous_place_or_secret_is_refused(source, city, kind, changes):
    DataSource.objects.update(kind=kind)
    answer = city.post(page_of(source), form(source, **changes))
    assert answer.status_code == 422
    assert answer.context["adminform"].form.errors
    source.refresh_from_db()
    assert (source.place, source.secret_name) == ("towa", "")


def test_a_new_source_belongs_to_a_school_of_the_own_city(cast, inbox, city):
    new = {
        "kind": "school_files", "title": "出欠", "place": "x", "is_on": "on", "every_minutes": 15,
        "late_after_hours": 72,
    }  # fmt: skip
    url = reverse("admin:linkage_datasource_add")
    city.post(url, {**new, "school": cast.away_school.pk})
    assert not DataSource.objects.exists()
    city.post(url, {**new, "school": cast.school.pk})
    assert DataSource.objects.get().municipality == cast.city


def test_checking_says_whether_the_source_answers(source, city, put, inbox):
    put("x")
    page = city.post(button("check", source), follow=True).content.decode()
    assert "毎日の 出欠 1個" in page
    (inbox / "attendance_daily.csv").unlink()
    inbox.rmdir()
    page = city.post(button("check", source), follow=True).content.decode()
    assert "フォルダが ありません。" in page


def test_reading_now_leads_to_the_report_which_tells_no_value(agreed, source, city, put):
    put(f"1001,{days_ago(1)},病欠,", "7777,きのう,病欠,")
    waiting = city.post(button("sync", source), follow=True)
    assert "じゅんばん まち" in waiting.content.decode()
    sync_runs.sync_all()
    page = city.get(waiting.redirect_chain[-1][0]).content.decode()
    assert "取り込めなかった 行が 1件" in page
    assert "日付が YYYY-MM-DD" in page
    assert "7777" not in text_of(page)
    event = AuditEvent.objects.get(action=Action.SYNC_FINISHED)
    assert event.actor_id == agreed.officer.user.pk


def test_the_lists_count_and_never_show_what_was_linked(agreed, source, city, put):
    put(f"1001,{days_ago(1)},病欠,")
    sync_runs.sync_source(source)
    assert '<td class="field-n_records">1</td>' in city.get(LIST).content.decode()
    assert city.get(RUNS).status_code == 200
    assert LinkedRecord not in admin.site._registry


def test_the_page_of_a_source_leads_to_its_runs(source, city):
    sync_runs.sync_source(source)
    link = f"{RUNS}?source__id__exact={source.pk}"
    assert link in city.get(page_of(source)).content.decode()
    assert city.get(link).status_code == 200


@pytest.mark.parametrize("who", ["helpdesk", "principal"])
def test_helpdesk_and_principal_look_and_change_nothing(cast, source, sign_in, who):
    client = sign_in(getattr(cast, who).user)
    page = client.get(page_of(source)).content.decode()
    assert "いま連携する" not in page
    assert client.post(page_of(source), form(source, place="x")).status_code == 403
    for name in ("check", "sync"):
        assert client.post(button(name, source)).status_code == 404
    assert not SyncRun.objects.exists()


@pytest.mark.parametrize("who", ["homeroom", "nurse", "counsellor"])
def test_other_staff_cannot_open_it(cast, source, sign_in, who):
    client = sign_in(getattr(cast, who).user)
    for url in (LIST, RUNS, page_of(source)):
        assert client.get(url).status_code == 403
    assert client.post(button("sync", source)).status_code == 404


def test_another_city_finds_nothing(cast, source, sign_in):
    sync_runs.sync_source(source)
    client = sign_in(factories.staff_post(Role.CITY, of=cast.away).user)
    assert client.get(page_of(source)).status_code == 302  # Django's answer to a missing row
    assert client.post(button("sync", source)).status_code == 404
    assert data_sources.last_run(cast.officer.user) is not None
    for url in (LIST, RUNS):
        assert "出欠" not in client.get(url).content.decode().split('id="content"')[1]


@pytest.mark.parametrize("who", ["midori", "sakura"])
def test_families_are_refused(cast, source, sign_in, who):
    client = sign_in(getattr(cast, who).user)
    for url in (LIST, RUNS, page_of(source)):
        assert client.get(url, follow=True).status_code == 403


def test_nobody_comes_in_without_signing_in(client, source):
    for url in (LIST, RUNS, page_of(source), button("sync", source)):
        assert client.get(url).status_code == 302


def test_the_buttons_are_posts(source, city):
    for name in ("check", "sync"):
        assert city.get(button(name, source)).status_code == 405


def test_more_sources_need_no_more_queries(cast, source, city, django_assert_max_num_queries):
    sync_runs.sync_source(source)
    city.get(LIST)
    with django_assert_max_num_queries(50) as one:
        city.get(LIST)
    for n in range(3):
        DataSource.objects.create(
            municipality=cast.city, school=cast.school, kind=source.kind, title=f"出欠{n}",
            place=f"x{n}",
        )  # fmt: skip
    with django_assert_max_num_queries(len(one)):
        city.get(LIST)


def test_what_a_guardian_reads_is_no_source_for_the_clock(cast, city):
    source = DataSource.objects.create(
        municipality=cast.city, kind=SourceKind.SELF_INFO, title="わたしの情報", place="self-info",
        is_on=False,
    )  # fmt: skip
    page = city.get(page_of(source)).content.decode()
    assert "時計では読みません" in page
    assert "いま連携する" not in page
    assert city.post(button("sync", source)).status_code == 404
    assert city.post(page_of(source), form(source)).status_code == 403
    assert "self_info" not in city.get(reverse("admin:linkage_datasource_add")).content.decode()
