"""The directory as CSV and XLSX: exported, previewed, imported, and never a formula."""

import io

import openpyxl
import pytest

from apps.core.clock import today
from apps.notices.models import PublishState, SupportOrganisation
from apps.notices.services import hidden_content, organisations
from apps.people.models import PendingAct, Role
from apps.people.services import pending_acts
from tests import factories, file_workers
from tests.notices.table_helpers import CSV, NEW, XLSX, download, rows_of, table, take_in, upload


def test_the_dry_run_changes_nothing(desk):
    page = upload(desk, table(NEW))
    assert page.status_code == 200
    assert "見本" in page.content.decode()
    assert SupportOrganisation.objects.count() == 0


def test_a_confirmed_import_makes_drafts_of_the_own_city(cast, desk):
    take_in(desk, table(NEW))
    organisation = SupportOrganisation.objects.get()
    assert (organisation.municipality, organisation.state) == (cast.city, PublishState.DRAFT)
    assert (organisation.verified_on, organisation.needs) == (None, ["friends", "bullying"])
    assert organisation.opening_hours.count() == 6
    assert organisation.exceptions.get().every_year is True
    assert organisations.find_organisations(cast.city.pk) == []


@pytest.mark.parametrize("kind", [CSV, XLSX])
def test_what_went_out_comes_in_unchanged(desk, places, kind):
    take_in(desk, table({**NEW, "はじめて話すとき": "=1+1\n-2", "ひとこと": "'+x"}))
    before = download(desk, CSV)
    answer = take_in(desk, download(desk, kind), kind, "x.xlsx" if kind == XLSX else "x.csv")
    assert "取り込みました" in answer.content.decode()
    assert rows_of(download(desk, CSV)) == rows_of(before)
    assert SupportOrganisation.objects.get(phone="0761-00-0000").first_talk == "=1+1\n-2"


def test_a_table_as_excel_in_japan_saves_it_is_read(desk):
    take_in(desk, table(NEW).decode("utf-8-sig").encode("cp932"))
    assert SupportOrganisation.objects.count() == 1


def test_numbers_that_excel_made_of_words_are_words_again(desk):
    book = openpyxl.Workbook()
    book.active.append(["番号", "名前", "電話"])
    book.active.append([None, "見本", 189])
    out = io.BytesIO()
    book.save(out)
    take_in(desk, out.getvalue(), XLSX, "x.xlsx")
    assert SupportOrganisation.objects.get().phone == "189"


def test_a_public_place_changed_by_a_table_waits_and_stays_as_it_is(cast, desk):
    one = SupportOrganisation.objects.create(municipality=cast.city, name="ここ", phone="110")
    organisations.verify_organisation(one, by=cast.officer.user, source_url="x")
    organisations.publish_organisation(one, by=cast.officer.user)
    content = table(
        {"番号": str(one.pk), "名前": "ここ", "電話": "0761-00-0001", "時間": "月-金 09:00-17:00"},
        {"番号": "", "名前": "あたらしい", "電話": "0761-00-0002", "時間": ""},
    )
    page = upload(desk, content).content.decode()
    assert "公開中の窓口を直す行があります(ここ)" in page
    assert not PendingAct.objects.exists()
    take_in(desk, content)
    one.refresh_from_db()
    assert (one.phone, one.state, one.verified_on) == ("110", PublishState.PUBLISHED, today())
    assert SupportOrganisation.objects.get(name="あたらしい").state == PublishState.DRAFT
    act = PendingAct.objects.get()
    assert act.kind == "organisation.change"
    second = factories.staff_post(Role.PRIVACY, of=cast.city, name="個人情報の担当")
    pending_acts.confirm(act, by=second.user)
    hidden_content.follow_acts()
    one.refresh_from_db()
    assert (one.phone, one.state) == ("0761-00-0001", PublishState.PUBLISHED)
    assert one.opening_hours.count() == 5


def test_a_table_cannot_publish_or_claim_a_check(desk):
    take_in(
        desk, table({**NEW, "状態": "公開", "確かめた日": "2026-11-01", "確かめた人": "だれか"})
    )
    organisation = SupportOrganisation.objects.get()
    assert (organisation.state, organisation.verified_on, organisation.verified_by) == (
        "draft",
        None,
        "",
    )


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"名前": ""}, "名前がありません"),
        ({"時間": "いつでも"}, "読めません"),
        ({"いつもとちがう日": "年末"}, "読めません"),
        ({"どんなことに": "うちゅう"}, "選べません"),
        ({"24時間": "TRUE"}, "はい か いいえ"),
        ({"順番": "先"}, "順番"),
        ({"ホームページ": "javascript:alert(1)"}, "URL"),
        ({"番号": "1"}, "この自治体には"),
        ({"しらない列": "x"}, "知らない列"),
    ],
)
def test_bad_rows_are_told_and_nothing_is_taken_in(desk, wrong, sentence):
    page = upload(desk, table({**NEW, **wrong}))
    assert sentence in page.content.decode()
    assert not file_workers.is_to_confirm(page)
    assert "Traceback" not in page.content.decode()
    assert SupportOrganisation.objects.count() == 0


def test_one_bad_row_keeps_the_good_ones_out(desk):
    page = upload(desk, table(NEW, {**NEW, "名前": ""}))
    assert [row for row, _ in page.context["result"]["faults"]["rows"]] == [3]  # as Excel shows
    assert not file_workers.is_to_confirm(page)
    assert SupportOrganisation.objects.count() == 0


def test_the_same_name_twice_is_refused(cast, desk):
    SupportOrganisation.objects.create(municipality=cast.city, name=NEW["名前"])
    assert "もうあります" in upload(desk, table(NEW)).content.decode()


def test_another_citys_place_is_out_of_reach(cast, desk):
    other = SupportOrganisation.objects.create(municipality=cast.away, name="となり")
    page = upload(desk, table({"番号": str(other.pk), "名前": "うばう"}))
    assert "この自治体には" in page.content.decode()
    assert b"\xe3\x81\xa8\xe3\x81\xaa\xe3\x82\x8a" not in download(desk)


def test_the_countrys_places_leave_but_are_not_taken_in(desk, places):
    content = download(desk).replace(b"0120-99-7777", b"0900-00-0000")
    take_in(desk, content)
    assert SupportOrganisation.objects.get(name="チャイルドライン").phone == "0120-99-7777"
