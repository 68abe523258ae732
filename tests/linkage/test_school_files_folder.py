"""A folder of school files becomes pages, file by file, each once; a bad file gives nothing."""

import hashlib
import os
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.linkage.connectors.contract import FormatError, TransientError
from apps.linkage.connectors.school_files import (
    FILE_FORMATS,
    ColumnMapping,
    SchoolFiles,
    folder,
    preview_file,
)
from apps.linkage.connectors.school_files.file_survey import MAX_LINE_BYTES, survey_file
from apps.linkage.connectors.school_files.row_reader import HashingReader, UnreadableFile, read_rows

HEADER = "管理コード,日付,出欠区分,備考\n"
GOOD = (HEADER + "1001,2026-04-09,病欠,\n1002,2026-04-09,出席,\n").encode()


def rows_of(body, tmp, block=1 << 16):
    path = tmp / "rows.csv"
    path.write_bytes(body)
    with path.open("rb") as file:
        found = survey_file(file)
        if found.reason:
            return [found.reason]
        try:
            return list(
                read_rows(
                    FILE_FORMATS["attendance_daily"], ColumnMapping("attendance_daily"), HashingReader(file),
                    "rows.csv", found.encoding, block=block,
                )
            )  # fmt: skip
        except UnreadableFile as unreadable:
            return [unreadable.issue]


def pulled(home, cursor=None, agreed="a", **options):
    return list(SchoolFiles(home, **options).pull(cursor or {}, agreed))


def test_files_come_by_kind_and_name_and_end_with_the_cursor(tmp_path):
    mood = "管理コード,日付,天気\n1001,2026-04-09,雨\n".encode("cp932")
    for name, body in [
        ("kokoro_tenki.csv", mood), ("attendance_daily_1.CSV", GOOD), ("attendance_daily_2.csv", GOOD),
    ]:  # fmt: skip
        (tmp_path / name).write_bytes(body)
    pages = pulled(tmp_path)
    names = ["attendance_daily_1.CSV", "attendance_daily_2.csv", "kokoro_tenki.csv"]
    assert [page.file.name for page in pages] == names
    assert [len(page.records) for page in pages] == [2, 2, 1]
    assert all(page.ends_file for page in pages)
    assert pages[2].file.sha256 == hashlib.sha256(mood).hexdigest()
    shares = [page.share for page in pages]
    assert (shares == sorted(shares), shares[-1]) == (True, 1.0)
    assert [sorted(page.cursor["files"]) for page in pages] == [names[:1], names[:2], names]
    assert {page.cursor["agreed"] for page in pages} == {"a"}


def test_a_known_file_is_passed_over_until_those_who_agree_change(tmp_path):
    (tmp_path / "attendance_daily.csv").write_bytes(GOOD)
    cursor = pulled(tmp_path)[-1].cursor
    assert pulled(tmp_path, cursor) == []
    assert len(pulled(tmp_path, cursor, agreed="b")[0].records) == 2


def test_who_was_cut_off_goes_on_with_the_next_file(tmp_path):
    for n in (1, 2, 3):
        (tmp_path / f"attendance_daily_{n}.csv").write_bytes(GOOD)
    first, second, *_ = pulled(tmp_path)
    assert [page.file.name for page in pulled(tmp_path, second.cursor)] == [
        "attendance_daily_3.csv"
    ]
    assert len(pulled(tmp_path, first.cursor, agreed="b")) == 3


def test_of_two_files_the_one_written_last_comes_last_whatever_it_is_called(tmp_path):
    for n, written in (("1", 300), ("2", 100), ("3", 200)):
        path = tmp_path / f"attendance_daily_{n}.csv"
        path.write_bytes(GOOD)
        os.utime(path, (written, written))
    names = [page.file.name[-5] for page in pulled(tmp_path)]
    assert names == ["2", "3", "1"]


def test_an_older_state_of_a_file_put_back_is_read_again(tmp_path):
    path = tmp_path / "attendance_daily.csv"
    path.write_bytes(GOOD)
    first = pulled(tmp_path)[-1].cursor
    path.write_bytes(GOOD.replace("出席".encode(), "遅刻".encode()))
    second = pulled(tmp_path, first)[-1].cursor
    path.write_bytes(GOOD)
    assert pulled(tmp_path, second)[-1].cursor == first


def test_a_page_holds_at_most_five_thousand_and_only_the_last_ends_the_file(tmp_path):
    lines = "".join(f"{n % 5_500},2026-04-{9 + n // 5_500:02},病欠,\n" for n in range(11_000))
    (tmp_path / "attendance_daily.csv").write_text(HEADER + lines, encoding="utf-8")
    pages = pulled(tmp_path)
    assert [(len(page.records), page.ends_file) for page in pages] == [
        (5_000, False), (5_000, False), (1_000, True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (b"a,b\n1,2\n", 1),
        (GOOD + b"1003,2026-04-10,\x00,\n", 4),
        (GOOD + "1003,2026-04-10,病欠,\n".encode("cp932"), 4),
        ((HEADER + "1,2026-04-10,病欠,\n").encode("cp932") + "2,2026-04-10,病欠,\n".encode(), 3),
        (GOOD + b"x" * (MAX_LINE_BYTES + 1), 4),
        (GOOD + b'1003,"2026', 4),
        (HEADER.encode("utf-16"), 1),
        (b"", 1),
    ],
)
def test_an_unreadable_file_gives_one_issue_belongs_to_no_window_and_is_told_once(
    tmp_path, body, line
):
    (tmp_path / "attendance_daily.csv").write_bytes(body)
    (page,) = pulled(tmp_path)
    assert (page.file, page.ends_file, page.records) == (None, False, ())
    assert [issue.place.line for issue in page.issues] == [line]
    assert pulled(tmp_path, page.cursor) == []


def test_a_file_that_is_too_large_is_refused(tmp_path):
    (tmp_path / "attendance_daily.csv").write_bytes(GOOD)
    (page,) = pulled(tmp_path, max_bytes=len(GOOD) - 1)
    assert (page.records, page.issues[0].reason) == ((), "ファイルが 大きすぎます。")
    assert pulled(tmp_path, max_bytes=len(GOOD))[0].records


def test_links_out_and_strange_names_are_named_and_not_opened(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "secret.csv").write_bytes(GOOD)
    os.symlink(tmp_path / "secret.csv", home / "attendance_daily.csv")
    (home / "attendance_daily_\x07.csv").write_bytes(GOOD)
    (home / "attendance_daily_..csv").write_bytes(GOOD)
    (home / "lunch.csv").write_bytes(GOOD)
    (page,) = pulled(home)
    assert (len(page.issues), page.records, page.cursor["files"]) == (4, (), {})
    assert all(issue.place.file.isprintable() for issue in page.issues)
    assert pulled(home, page.cursor) == []


def test_a_file_that_changes_while_it_is_read_is_read_again_later(tmp_path, monkeypatch):
    path = tmp_path / "attendance_daily.csv"
    path.write_bytes(GOOD)

    def late(*args, **options):
        path.write_bytes(GOOD.replace(b"1002", b"1003"))
        return read_rows(*args, **options)

    monkeypatch.setattr(folder, "read_rows", late)
    with pytest.raises(TransientError):
        pulled(tmp_path)


def test_a_missing_folder_and_a_faulty_mapping_are_refused(tmp_path):
    with pytest.raises(FormatError):
        SchoolFiles(tmp_path / "none").check()
    with pytest.raises(FormatError, match="読まない"):
        SchoolFiles(tmp_path, ColumnMapping("kokoro_tenki", {"天気": "備考"}))
    (tmp_path / "grades.csv").write_bytes(b"")
    assert "成績 1個" in SchoolFiles(tmp_path).check()


@given(body=st.binary(max_size=300), headed=st.booleans())
def test_any_bytes_end_in_records_and_issues(tmp_path_factory, body, headed):
    tmp = tmp_path_factory.getbasetemp()
    body = HEADER.encode() + body if headed else body
    assert all(str(found) for found in rows_of(body, tmp))
    with (tmp / "rows.csv").open("rb") as file:
        assert preview_file(file, "rows.csv").size == len(body)


@given(
    st.lists(st.sampled_from(["病欠", "遅刻", "ﾅｿﾞ", '"a\nb"', ""]), max_size=8), st.integers(1, 40)
)
def test_the_size_of_a_block_changes_nothing(tmp_path_factory, marks, block):
    lines = "".join(f"{n},2026-04-09,{mark},\r\n" for n, mark in enumerate(marks))
    tmp = tmp_path_factory.getbasetemp()
    for encoding in ("utf-8", "cp932"):
        body = (HEADER + lines).encode(encoding)
        assert rows_of(body, tmp, block) == rows_of(body, tmp)


def test_memory_does_not_grow_with_the_file(tmp_path):
    def peak(times):
        rows = (f"{n % 200},2026-04-{n // 200 % 30 + 1:02},病欠,\n" for n in range(6_000))
        body = HEADER + "".join(rows) * times
        (tmp_path / "attendance_daily.csv").write_text(body, encoding="utf-8")
        del body
        tracemalloc.start()
        n = sum(len(page.records) + len(page.issues) for page in SchoolFiles(tmp_path).pull({}, ""))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert n == 6_000 * times
        return most

    peak(1)
    few, many = peak(8), peak(80)
    assert many < few * 1.5


def test_a_preview_says_what_a_file_would_give_without_its_free_text(tmp_path):
    path = tmp_path / "any.csv"
    body = (
        HEADER.replace("備考", "備考,組") + "1001,2026-04-09,病欠,ひみつ,1\n1002,2026-04-09,謎,,\n"
    )
    path.write_bytes((body + "1003,2026-04-09,謎,,\n").encode("cp932"))
    with path.open("rb") as file:
        report = preview_file(file, "any.csv")
    assert (report.kind, report.encoding, report.is_importable) == (
        "attendance_daily",
        "cp932",
        True,
    )
    assert (report.ignored, report.unknown, report.missing) == (("備考",), ("組",), ())
    assert [row.data["mark"] for row in report.rows] == ["ABSENT_SICK"]
    assert [(issue.column, issue.count, issue.line) for issue in report.issues] == [
        ("出欠区分", 2, 3)
    ]
    assert "ひみつ" not in repr(report)
    path.write_text("1001,さくら\n", encoding="utf-8")
    with path.open("rb") as file:
        report = preview_file(file, "any.csv")
    assert (report.kind, report.is_importable, "さくら" in repr(report)) == ("", False, False)
