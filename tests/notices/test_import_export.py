"""The directory as CSV and XLSX: exported, previewed, imported, and never a formula."""

import csv
import io
import zipfile

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from apps.core import spreadsheets
from apps.core.clock import today
from apps.notices import table_formats
from apps.notices.models import PublishState, SupportOrganisation
from apps.notices.services import hidden_content, organisations
from apps.people.models import PendingAct, Role
from apps.people.services import pending_acts
from tests import factories, file_workers

EXPORT = "admin:notices_supportorganisation_export"
IMPORT = "admin:notices_supportorganisation_import"
CONFIRM = "admin:notices_supportorganisation_process_import"
CSV, XLSX = "0", "1"
EVIL = [
    '=HYPERLINK("https://evil.example","x")',
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "＝1+1",
    " =1",
]


@pytest.fixture
def desk(cast, sign_in):
    return sign_in(cast.officer.user)


def download(desk, kind=CSV):
    answer = desk.post(reverse(EXPORT), {"format": kind, "resource": "0"})
    assert answer.status_code == 200, answer.content.decode()[:500]
    return answer.content


def rows_of(content):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def upload(desk, content, kind=CSV, name="x.csv"):
    """The dry run: the page with what would change."""
    file = SimpleUploadedFile(name, content)
    return file_workers.send(desk, reverse(IMPORT), {"import_file": file})


def take_in(desk, content, kind=CSV, name="x.csv"):
    """Both steps: preview, then confirm."""
    return confirm(desk, upload(desk, content, kind, name))


def confirm(desk, page):
    """The second step: import what the page showed."""
    assert file_workers.is_to_confirm(page), page.content.decode()
    sent = {"job": page.context["job"].pk}
    return file_workers.send(desk, reverse(CONFIRM), sent)


def table(*rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, sorted({title for row in rows for title in row}))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


NEW = {
    "番号": "", "名前": "｜見本《みほん》の ｜場所《ばしょ》", "電話": "0761-00-0000",
    "どんなことに": "友だち、いじめ", "時間": "月-金 09:00-17:00; 土 09:00-12:00",
    "いつもとちがう日": "毎年 2026-12-29~2027-01-03 休み", "祝日は休み": "はい",
}  # fmt: skip


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


# -- attacks --------------------------------------------------------------------------------------


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize("kind", [CSV, XLSX])
def test_no_cell_that_leaves_is_a_formula(cast, desk, kind, evil):
    SupportOrganisation.objects.create(municipality=cast.city, name=evil, summary=evil, place=evil)
    content = download(desk, kind)
    if kind == CSV:
        cells = [
            cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))) for cell in row
        ]
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        assert all(cell.data_type != "f" for row in sheet for cell in row)
        cells = [str(cell.value or "") for row in sheet for cell in row]
    assert f"'{evil}" in cells
    assert not any(cell.lstrip().startswith(table_formats.FORMULA_PREFIXES) for cell in cells)


@pytest.mark.parametrize("evil", EVIL[:4])
def test_a_formula_that_comes_in_is_only_text(desk, evil):
    take_in(desk, table({**NEW, "ひとこと": evil}))
    assert SupportOrganisation.objects.get().summary == evil
    assert all(
        not row["ひとこと"].startswith(table_formats.FORMULA_PREFIXES)
        for row in rows_of(download(desk))
    )


def test_script_in_a_cell_stays_text_in_the_dry_run(desk):
    page = upload(desk, table({**NEW, "ひとこと": "<script>alert(1)</script>"}))
    assert "<script>alert" not in page.content.decode()


@given(st.text(max_size=30))
def test_guarding_loses_nothing(text):
    text = text.strip()
    assert table_formats.unescape_formula(table_formats.escape_formula(text)) == text
    assert (
        not table_formats.escape_formula(text).lstrip().startswith(table_formats.FORMULA_PREFIXES)
    )


def test_a_bomb_is_not_unpacked(desk):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * (spreadsheets.MAX_UNPACKED + 1))
    page = upload(desk, out.getvalue(), XLSX, "x.xlsx")
    assert not file_workers.is_to_confirm(page)


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"", CSV), (b"\xff\xfe\x00", CSV), (b"no workbook", XLSX), (b"x" * 1_100_000, CSV)],
)
def test_files_that_are_none_are_refused(desk, content, kind):
    page = upload(desk, content, kind)
    is_refused_at_once = not content or len(content) > spreadsheets.MAX_BYTES
    assert page.status_code == (422 if is_refused_at_once else 200)
    assert not file_workers.is_to_confirm(page)


def test_too_many_rows_are_refused(desk):
    rows = [{"番号": "", "名前": f"場所{n}"} for n in range(spreadsheets.MAX_ROWS + 1)]
    assert not file_workers.is_to_confirm(upload(desk, table(*rows)))


# -- who ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["nurse", "homeroom", "helpdesk"])
def test_who_may_not_edit_takes_nothing_in(cast, sign_in, who):
    client = sign_in(getattr(cast, who).user)
    assert client.get(reverse(IMPORT)).status_code == 403
    assert client.get(reverse(EXPORT)).status_code == 200


def test_students_find_no_table(cast, sign_in):
    client = sign_in(cast.sakura.user)
    for name in (IMPORT, EXPORT):
        assert client.get(reverse(name)).status_code in (302, 403)


@pytest.mark.parametrize("named", ["nothing-there", "../../etc/passwd", "", "0" * 32])
def test_confirming_what_was_never_looked_at_takes_nothing_in(desk, named):
    answer = desk.post(reverse(CONFIRM), {"job": named}, follow=True)
    assert "もう一度、ファイルを選んでください" in answer.content.decode()
    assert SupportOrganisation.objects.count() == 0


def test_nobody_confirms_what_another_person_looked_at(cast, desk, sign_in):
    page = upload(desk, table(NEW))
    other = sign_in(factories.staff_post(Role.CITY, of=cast.city, name="もう一人").user)
    other.post(reverse(CONFIRM), {"job": page.context["job"].pk})
    file_workers.read_all()
    assert SupportOrganisation.objects.count() == 0


def test_the_dry_run_tells_hours_too_and_only_what_changes(cast, desk):
    one = SupportOrganisation.objects.create(municipality=cast.city, name="ここ", phone="110")
    page = upload(
        desk, table({"番号": str(one.pk), "名前": "ここ", "電話": "110", "時間": "月 09:00-10:00"})
    )
    (row,) = page.context["result"]["rows"]
    assert row["diff"] == [["時間", [[1, "月 09:00-10:00"]]]]
    assert "<b>時間</b> <ins>月 09:00-10:00</ins>" in page.content.decode()
    assert one.opening_hours.count() == 0


@pytest.fixture
def two_places(cast):
    return [
        SupportOrganisation.objects.create(municipality=cast.city, name=name, phone=phone)
        for name, phone in (("まちの場所", "110"), ("川の場所", "119"))
    ]


def edits(*places):
    return table(*({"番号": str(p.pk), "名前": p.name, "ひとこと": "表から"} for p in places))


def test_an_import_confirmed_after_another_edit_is_refused_and_names_the_place(desk, two_places):
    page = upload(desk, edits(*two_places))
    SupportOrganisation.objects.filter(name="川の場所").update(summary="ほかの人から")
    answer = confirm(desk, page)
    assert answer.context["result"]["changed"] == ["川の場所"]
    assert "川の場所" in answer.content.decode()
    summaries = SupportOrganisation.objects.order_by("phone").values_list("summary", flat=True)
    assert list(summaries) == ["", "ほかの人から"]


def test_a_refused_import_is_confirmed_on_the_page_that_shows_what_changed(desk, two_places):
    page = upload(desk, edits(*two_places))
    SupportOrganisation.objects.filter(name="川の場所").update(summary="ほかの人から")
    again = confirm(desk, page)
    assert "取り込みました" in confirm(desk, again).content.decode()
    assert set(SupportOrganisation.objects.values_list("summary", flat=True)) == {"表から"}


def test_hours_changed_after_the_preview_refuse_an_import_that_shows_no_hours(desk, two_places):
    page = upload(desk, edits(*two_places))
    two_places[0].opening_hours.create(weekday=0, opens_at="09:00", closes_at="17:00")
    assert confirm(desk, page).context["result"]["changed"] == ["まちの場所"]


def test_confirming_twice_takes_in_once(desk):
    page = upload(desk, table(NEW))
    assert "取り込みました" in confirm(desk, page).content.decode()
    confirm(desk, page)
    assert SupportOrganisation.objects.count() == 1


def test_a_name_taken_after_the_preview_refuses_the_whole_table(cast, desk):
    other = {**NEW, "名前": "べつの場所"}
    page = upload(desk, table(other, NEW))
    SupportOrganisation.objects.create(municipality=cast.city, name="見本の場所", phone="110")
    answer = confirm(desk, page)
    assert "窓口にもうあります" in answer.content.decode()
    assert SupportOrganisation.objects.count() == 1
