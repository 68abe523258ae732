"""A list of guardians: compared first, unmatched rows are named, nobody is ever removed."""

import io
import zipfile

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action
from apps.people.models import GuardianStanding, Role, User
from apps.registration import guardian_list_rows as list_rows
from apps.registration.models import GuardianList, GuardianListState, ListedGuardian
from apps.registration.services import guardian_lists
from apps.registration.services.guardian_lists import CannotApplyList
from apps.registration.services.registrations import load_context
from tests import factories, file_workers
from tests.records import actors_of
from tests.registration.confirmation_helpers import come, confirm, guardianship_of, letter_of

UPLOAD = reverse("admin:registration_guardian_list_upload")
HEAD = "管理コード,保護者名,保護者フリガナ,続柄,保護者2,フリガナ2,続柄2\n"
ROWS = "1001,加賀 みどり,カガ ミドリ,母,加賀 いさむ,カガ イサム,父\n2001,山代 あおい,,祖母,,,\n"


def workbook(*rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def uploaded(cast, text, by=None):
    content = text if isinstance(text, bytes) else text.encode()
    return guardian_lists.upload_list(
        cast.school, content, "hogosha.csv", by=(by or cast.office).user
    )


def taken_over(cast, text):
    found = uploaded(cast, text)
    page_token = guardian_lists.plan_list(found, reader=cast.office.user).token
    return guardian_lists.apply_list(found, by=cast.office.user, page_token=page_token)


def names(student):
    rows = ListedGuardian.objects.filter(student=student).order_by("listed_at", "pk")
    return list(rows.values_list("name", "reading", "relation"))


def upload(desk, cast, content, name="x.csv"):
    file = SimpleUploadedFile(name, content if isinstance(content, bytes) else content.encode())
    return file_workers.send(desk, UPLOAD, {"school": str(cast.school.pk), "file": file})


def test_two_guardians_of_a_row_are_listed_with_reading_and_relation(cast):
    taken_over(cast, HEAD + ROWS)
    assert set(names(cast.sakura)) == {
        ("加賀 みどり", "カガ ミドリ", "mother"), ("加賀 いさむ", "カガ イサム", "father"),
    }  # fmt: skip
    assert names(cast.ren) == [("山代 あおい", "", "grandparent")]
    assert actors_of(Action.GUARDIANS_LISTED) == [cast.office.user]


@pytest.mark.parametrize("kind", ["utf-8", "cp932", "xlsx"])
def test_whichever_program_wrote_it_the_same_is_read(cast, kind):
    if kind == "xlsx":
        content = workbook(["学年", "組", "番号", "保護者名"], [1, "1組", 1, "加賀 みどり"])
    else:
        content = "学年,組,番号,保護者名\n1年,1,01,加賀 みどり\n".encode(kind)
    assert [student for student, _ in taken_over(cast, content).new] == [cast.sakura]


def test_the_same_again_changes_nothing_and_a_shorter_list_takes_nobody_away(cast):
    taken_over(cast, HEAD + ROWS)
    before = list(ListedGuardian.objects.order_by("pk").values())
    again = taken_over(cast, HEAD + ROWS)
    assert (again.new, again.changed, again.n_same) == ([], [], 3)
    shorter = taken_over(cast, HEAD + "1001,加賀　みどり,,,,,\n")
    assert shorter.n_only_before == 1
    assert {row["name_key"] for row in before} == set(
        ListedGuardian.objects.values_list("name_key", flat=True)
    )
    assert ("加賀 いさむ", "カガ イサム", "father") in names(cast.sakura)


def test_what_a_list_leaves_empty_stays_and_what_it_says_changes(cast):
    taken_over(cast, HEAD + "1001,加賀 みどり,カガ ミドリ,母,,,\n")
    plan = taken_over(cast, HEAD + "1001,加賀 みどり,かが みどり,,,,\n")
    assert len(plan.changed) == 1
    assert names(cast.sakura) == [("加賀 みどり", "かが みどり", "mother")]


def test_rows_that_fit_nobody_are_named_by_line_and_the_others_are_taken(cast):
    twin = factories.student(cast.class_1, "ふたご", number=1)
    rows = [
        "学年,組,番号,管理コード,保護者名",
        "1,1,1,,だれか",  # two with one number
        "1,1,1,2001,だれか",  # code and seat disagree
        "9,9,9,,だれか",
        ",,,,だれか",
        ",,,2001,",
        ",,,2001,山代 あおい",
        ",,,2001,山代　あおい",
        ",,,2001,---",
        f",,,2001,{'あ' * 121}",
    ]
    plan = taken_over(cast, "\n".join(rows))
    problems = dict(plan.problems)
    assert "二人以上" in problems[2] and "ちがう子ども" in problems[3] and "いません" in problems[4]
    assert "わかりません" in problems[5] and "名前がありません" in problems[6]
    assert (
        "7行めと同じ" in problems[8]
        and "文字がありません" in problems[9]
        and "120字" in problems[10]
    )
    assert names(cast.ren) == [("山代 あおい", "", "")]
    assert not names(cast.sakura) and not names(twin)


def test_a_code_that_lost_its_zeros_is_found_where_only_one_fits(cast):
    cast.sakura.local_code = "0012"
    cast.sakura.save()
    taken_over(cast, "管理コード,保護者名\n12,加賀 みどり\n")
    assert len(names(cast.sakura)) == 1


def bomb():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"<x/>")
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * 30_000_000)
    return out.getvalue()


def formula():
    book = openpyxl.Workbook()
    book.active.append(["管理コード", "保護者名"])
    book.active.append(["1001", "=A1"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


HOSTILE = {
    "zip bomb": (bomb, "手間がかかりすぎます"),
    "formula": (formula, "式の結果が"),
    "nothing": (lambda: b" ", "空です"),
    "a picture": (lambda: b"%PDF-1.7", "表のファイルではありません"),
    "zip": (lambda: b"PK\x03\x04 broken", "読めません"),
    "mixed": (lambda: "管理コード,保護者名\n1001,加賀\n".encode() + "2001,山代 葵\n".encode("cp932"), "文字"),
    "no heading": (lambda: b"\n\n1,2\n", "見出し"),
    "control": (lambda: "管理コード,保護者名\n1001,か\x07が\n".encode(), "制御文字"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_gets_a_sentence_and_leaves_nothing(cast, sign_in, name):
    make, words = HOSTILE[name]
    page = upload(sign_in(cast.office.user), cast, make(), "x.xlsx")
    assert words in page.content.decode()
    assert not GuardianList.objects.exists()


def test_a_file_of_more_than_a_megabyte_is_refused_in_a_sentence(cast, sign_in):
    page = upload(sign_in(cast.office.user), cast, b"x" * 20_000_000)
    assert page.status_code == 422
    assert "大きすぎます" in page.content.decode()


def test_the_page_shows_the_difference_first_and_takes_it_in_once(cast, sign_in):
    desk = sign_in(cast.office.user)
    page = upload(desk, cast, HEAD + ROWS).content.decode()
    assert "加賀 みどり" in page and "新しい名前" in page
    assert not ListedGuardian.objects.exists()
    found = GuardianList.objects.get()
    url = reverse("admin:registration_guardianlist_change", args=[found.pk])
    page_token = guardian_lists.plan_list(found, reader=cast.office.user).token
    assert desk.post(url, {"verb": "take", "page_token": page_token}).status_code == 302
    assert ListedGuardian.objects.count() == 3
    again = desk.post(url, {"verb": "take", "page_token": page_token})
    assert again.status_code == 422 and ListedGuardian.objects.count() == 3
    found.refresh_from_db()
    assert (found.state, found.sealed) == (GuardianListState.TAKEN, None)


def test_headings_nobody_knows_are_chosen_on_the_page(cast, sign_in):
    desk = sign_in(cast.office.user)
    page = upload(desk, cast, "しるし,おうちの方\n1001,加賀 みどり\n").content.decode()
    assert "どの子どもかがわかる列" in page
    url = reverse("admin:registration_guardianlist_change", args=[GuardianList.objects.get().pk])
    sent = {"verb": "columns", "column-code": "しるし", "column-name": "おうちの方"}
    assert desk.post(url, sent).status_code == 302
    assert "加賀 みどり" in desk.get(url).content.decode()
    twice = desk.post(url, sent | {"column-reading": "おうちの方"})
    assert twice.status_code == 422 and "二つのこと" in twice.content.decode()
    other = desk.post(url, sent | {"column-reading": "ない列"})
    assert other.status_code == 422


def test_what_changed_since_the_page_was_seen_is_shown_again(cast):
    found = uploaded(cast, HEAD + ROWS)
    page_token = guardian_lists.plan_list(found, reader=cast.office.user).token
    cast.ren.left_at = timezone.now()
    cast.ren.save()
    with pytest.raises(CannotApplyList, match="もう一度見て"):
        guardian_lists.apply_list(found, by=cast.office.user, page_token=page_token)
    assert not ListedGuardian.objects.exists()


def test_the_page_names_every_row_that_would_be_taken(cast, sign_in):
    rows = "".join(f"1001,加賀 {'あ' * n},,母,,,\n" for n in range(1, 71))
    page = upload(sign_in(cast.office.user), cast, HEAD + rows).content.decode()
    assert page.count(" ← 加賀 ") == 70
    assert "71行め" in page and "母" in page.partition("71行め")[2]


def test_a_page_of_another_reading_or_relation_is_shown_again(cast):
    found = uploaded(cast, HEAD + ROWS)
    page_token = guardian_lists.plan_list(found, reader=cast.office.user).token
    columns = guardian_lists.stored_rows(found)["columns"]
    for left_out in ("reading", "relation"):
        fewer = {name: heading for name, heading in columns.items() if name != left_out}
        guardian_lists.choose_columns(found, fewer, by=cast.office.user)
        found.refresh_from_db()
        with pytest.raises(CannotApplyList, match="もう一度見て"):
            guardian_lists.apply_list(found, by=cast.office.user, page_token=page_token)


def test_whoever_helped_to_write_a_list_confirms_nobody_alone_by_it(cast):
    office, lead, city = cast.office.user, cast.principal.user, cast.officer.user
    found = uploaded(cast, "管理コード,保護者名\n2001,加賀 ひかる\n")
    columns = guardian_lists.stored_rows(found)["columns"]
    guardian_lists.choose_columns(found, columns, by=lead)
    found.refresh_from_db()
    page_token = guardian_lists.plan_list(found, reader=city).token
    guardian_lists.apply_list(found, by=city, page_token=page_token)
    assert set(ListedGuardian.objects.get().written_by) == {office.pk, lead.pk, city.pk}
    stranger = come(letter_of(cast.ren, by=office), "stranger@mail.example", listed=False)
    for post in (cast.office, cast.principal, cast.officer):
        facts = load_context(stranger, User.objects.get(pk=post.user_id)).facts
        assert facts.is_on_list and not facts.is_listed
    confirm(stranger, lead)
    assert guardianship_of(stranger).standing == GuardianStanding.WAITING
    assert load_context(stranger, User.objects.get(pk=cast.nurse.user_id)).facts.is_listed


def test_a_later_list_does_not_wash_away_who_wrote_the_first(cast):
    taken_over(cast, "管理コード,保護者名\n2001,加賀 ひかる\n")
    later = uploaded(
        cast, "管理コード,保護者名,読み\n2001,加賀 ひかる,カガ ヒカル\n", by=cast.principal
    )
    page_token = guardian_lists.plan_list(later, reader=cast.principal.user).token
    guardian_lists.apply_list(later, by=cast.principal.user, page_token=page_token)
    both = {cast.office.user_id, cast.principal.user_id}
    assert set(ListedGuardian.objects.get().written_by) == both


@pytest.mark.parametrize("who", ["homeroom", "nurse", "helpdesk"])
def test_nobody_but_office_lead_and_city_brings_a_list(cast, sign_in, who):
    assert sign_in(getattr(cast, who).user).get(UPLOAD).status_code == 403
    with pytest.raises(CannotApplyList):
        uploaded(cast, HEAD + ROWS, by=getattr(cast, who))


def test_a_list_of_another_school_is_not_found(cast, sign_in):
    found = uploaded(cast, HEAD + ROWS)
    lead = factories.staff_post(Role.PRINCIPAL, cast.away_school).user
    url = reverse("admin:registration_guardianlist_change", args=[found.pk])
    assert sign_in(lead).get(url).status_code == 404


def test_rows_lie_sealed_and_what_nobody_decides_about_goes(cast):
    found = uploaded(cast, HEAD + ROWS)
    assert "加賀".encode() not in bytes(found.sealed)
    assert guardian_lists.drop_old_lists(timezone.now()) == 1
    found.refresh_from_db()
    assert (found.state, found.sealed) == (GuardianListState.DROPPED, None)


def test_the_usual_headings_say_themselves_what_they_are():
    sent = list_rows.guess_columns(
        ["学 年", "組", "番号", "保護者氏名", "ふりがな", "続柄", "保護者２"]
    )
    assert sent == {
        "grade": "学 年", "class": "組", "number": "番号", "name": "保護者氏名",
        "reading": "ふりがな", "relation": "続柄", "name2": "保護者２",
    }  # fmt: skip


@pytest.mark.parametrize("who", ["uploader", "reader"])
def test_rows_about_the_own_child_are_refused_whatever_they_contain(cast, who):
    taken_over(cast, HEAD + ROWS)
    colleague = factories.staff_post(Role.OFFICE, cast.school)
    parent = factories.make_parent(cast.office if who == "uploader" else colleague, cast.sakura)
    plans = []
    for row in (
        "1001,加賀 みどり,カガ ミドリ,母",
        "1001,加賀 なにか,,母",
        "1001,加賀 みどり,カガ ミドリ,父",
    ):
        found = uploaded(
            cast, "管理コード,保護者名,保護者フリガナ,続柄\n" + row + "\n2001,山代 そら,,父\n"
        )
        reader = colleague.user if who == "uploader" else parent
        plan = guardian_lists.plan_list(found, reader=reader)
        plans.append((plan.n_same, plan.n_only_before, len(plan.changed), plan.problems))
        assert [student for student, _ in plan.new] == [cast.ren]
    assert plans[0] == plans[1] == plans[2]
    assert plans[0] == (0, 1, 0, [(2, guardian_lists.OWN_FAMILY_ROW)])
    other = guardian_lists.plan_list(uploaded(cast, HEAD + ROWS, by=cast.principal), reader=cast.principal.user)  # fmt: skip
    assert other.n_same == 3 and not other.problems


def test_a_parent_applies_a_list_without_the_rows_about_their_own_child(cast):
    parent = factories.make_parent(cast.office, cast.sakura)
    found = uploaded(cast, HEAD + ROWS)
    page_token = guardian_lists.plan_list(found, reader=parent).token
    guardian_lists.apply_list(found, by=parent, page_token=page_token)
    assert not names(cast.sakura) and len(names(cast.ren)) == 1
