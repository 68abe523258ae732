"""A city's own headers and codes: tried on a real file, saved, and files read before are read
again.
"""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.linkage.connectors.school_files import FILE_FORMATS
from apps.linkage.models import FileKind, FileMapping, LinkedRecord, RunState, SyncRun
from apps.linkage.services import sync_runs
from apps.people.models import Role
from tests import factories, file_workers
from tests.browser import form_on
from tests.linkage.test_attendance_import import days_ago

MAPPINGS_PAGE = reverse("admin:linkage_file_mappings")
MAPPING_PAGE = reverse("admin:linkage_file_mapping", args=["attendance_daily"])
OWN = {
    "header-管理コード": "生徒番号", "header-日付": "月日", "header-出欠区分": "区分",
    "codes-出欠区分": "欠 = ABSENT_SICK\n遅 = LATE", "layout": "rows",
}  # fmt: skip


@pytest.fixture
def city(cast, sign_in):
    return sign_in(cast.officer.user)


def sample(text):
    return SimpleUploadedFile("sample.csv", text.encode("cp932"))


def test_the_kinds_are_those_of_the_reader():
    assert set(FileKind.values) == set(FILE_FORMATS)


def test_a_mapping_is_tried_on_a_file_and_nothing_is_stored(city):
    sent = {**OWN, "try": "1", "sample": sample("生徒番号,月日,区分\n1,2026-11-02,欠\n")}
    page = file_workers.send(city, MAPPING_PAGE, sent)
    text = page.content.decode()
    assert (page.status_code, FileMapping.objects.count()) == (200, 0)
    for words in ("生徒番号(→ 管理コード)", "11月2日 病欠", "問題はありません"):
        assert words in text


def test_a_mapping_that_does_not_fit_says_what_is_missing(city):
    sent = {**OWN, "try": "1", "sample": sample("番号,月日,区分\n1,2026-11-02,欠\n")}
    page = file_workers.send(city, MAPPING_PAGE, sent)
    assert "足りない列" in page.content.decode()
    page = city.post(MAPPING_PAGE, {**OWN, "try": "1"})
    assert "ためすファイルを選んでください" in page.content.decode()


def test_a_stored_mapping_is_how_files_are_read_from_then_on(agreed, source, put, city):
    put(f"1001,{days_ago(1)},欠,", header="生徒番号,月日,区分,備考")
    assert sync_runs.sync_source(source).n_kept == 0
    assert city.post(MAPPING_PAGE, {**OWN, "keep": "1"}).status_code == 302
    event = AuditEvent.objects.get(action=Action.RECORD_CHANGED)
    assert "header-管理コード" in event.fields
    sync_runs.sync_all()
    run = SyncRun.objects.filter(reads_again=True).get()
    assert (run.state, run.n_kept) == (RunState.DONE, 1)
    assert LinkedRecord.objects.count() == 1
    assert "管理コード → 生徒番号" in city.get(MAPPINGS_PAGE).content.decode()


BAD = {
    "empty header": ({"header-日付": ""}, "見出しを書いてください"),
    "one header twice": ({"header-日付": "区分"}, "2つの 列に 使って います"),
    "a remark": ({"header-出欠区分": "備考"}, "読まない きまりです"),
    "a line of no sense": ({"codes-出欠区分": "欠"}, "の形ではありません"),
    "an unknown meaning": ({"codes-出欠区分": "欠 = GONE"}, "知らない 区分「GONE」"),
    "a formula": ({"codes-出欠区分": "@x = LATE"}, "使えない 区分の 名前"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_mapping_that_cannot_be_is_refused_with_a_sentence(name, city):
    changes, words = BAD[name]
    page = city.post(MAPPING_PAGE, {**OWN, **changes, "keep": "1"})
    assert page.status_code == 422
    assert words in page.content.decode()
    assert not FileMapping.objects.exists()


def test_another_city_reads_in_its_own_way(city, cast, sign_in):
    city.post(MAPPING_PAGE, {**OWN, "keep": "1"})
    other = sign_in(factories.staff_post(Role.CITY, of=cast.away).user)
    assert "宣言した形のまま" in other.get(MAPPINGS_PAGE).content.decode()
    assert "生徒番号" not in other.get(MAPPING_PAGE).content.decode()


@pytest.mark.parametrize("who", ["principal", "helpdesk", "homeroom"])
def test_only_the_city_says_how_files_are_read(who, cast, sign_in):
    client = sign_in(getattr(cast, who).user)
    assert client.get(MAPPINGS_PAGE).status_code == 404
    assert client.post(MAPPING_PAGE, {**OWN, "keep": "1"}).status_code == 404
    assert not FileMapping.objects.exists()


def test_a_kind_that_is_none_is_not_found_and_outsiders_sign_in(city, client):
    assert city.get(reverse("admin:linkage_file_mapping", args=["lunch"])).status_code == 404
    assert client.get(MAPPINGS_PAGE).status_code == 302


def test_two_who_change_one_mapping_see_each_other(cast, city, sign_in):
    other = sign_in(factories.staff_post(Role.CITY, of=cast.city, name="もう一人").user)
    opened = form_on(city.get(MAPPING_PAGE))["opened_as"]
    assert other.post(MAPPING_PAGE, {**OWN, "keep": "1", "opened_as": opened}).status_code == 302
    late = {**OWN, "header-日付": "ひづけ", "keep": "1", "opened_as": opened}
    answer = city.post(MAPPING_PAGE, late)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "もう一人(市の担当者)が" in page and "月日" in page
    assert FileMapping.objects.get().headers["日付"] == "月日"
    assert city.post(MAPPING_PAGE, {**form_on(answer), "keep": "1"}).status_code == 302
    assert FileMapping.objects.get().headers["日付"] == "ひづけ"


def test_trying_a_file_does_not_hide_what_changed_before(cast, city, sign_in):
    opened = form_on(city.get(MAPPING_PAGE))["opened_as"]
    other = sign_in(factories.staff_post(Role.CITY, of=cast.city).user)
    other.post(MAPPING_PAGE, {**OWN, "keep": "1", "opened_as": opened})
    rows = SimpleUploadedFile("a.csv", "生徒番号,月日,区分\n".encode())
    sent = {**OWN, "try": "1", "sample": rows, "opened_as": opened}
    tried = file_workers.send(city, MAPPING_PAGE, sent)
    assert form_on(tried)["opened_as"] == opened
