"""The invented school: the same people every time, a realistic roster, ordinary days."""

import csv
import io
import zipfile
from collections import Counter
from datetime import date

import pytest
from allauth.mfa.totp.internal.auth import validate_totp_code
from django.urls import reverse

from apps.core.school_years import school_year_of
from apps.linkage.connectors.school_files import SchoolFiles
from kaga_portal.demo import invented_people, roster_zip, school_days, school_files, sign_ins

UNTIL = date(2026, 11, 20)


def school():
    return invented_people.invent_school("seed", 2026)


def archive():
    content = roster_zip.write_roster_zip(
        school(), school_name="学校", school_code="C117299990017", district_name="市",
        district_code="172065",
    )  # fmt: skip
    return zipfile.ZipFile(io.BytesIO(content))


def rows(name):
    text = archive().read(f"{name}.csv").decode("utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_same_seed_invents_the_same_school():
    assert school() == school()
    assert invented_people.invent_school("other", 2026) != school()


def test_three_grades_of_three_classes_and_about_250_students():
    pupils = school().pupils
    assert Counter(pupil.grade for pupil in pupils) == {"J1": 84, "J2": 84, "J3": 84}
    assert len({pupil.class_title for pupil in pupils}) == 9
    assert len({pupil.local_code for pupil in pupils}) == len(pupils)
    assert all(pupil.guardians for pupil in pupils)


def test_the_roster_names_every_reference_it_makes():
    users = {row["sourcedId"] for row in rows("users")}
    classes = {row["sourcedId"] for row in rows("classes")}
    for row in rows("enrollments"):
        assert row["userSourcedId"] in users
        assert row["classSourcedId"] in classes
    for row in rows("users"):
        assert set(filter(None, row["agentSourcedIds"].split(","))) <= users
    assert len({row["userMasterIdentifier"] for row in rows("users")}) == len(users)


def test_the_roster_is_bulk_utf8_without_bom_in_crlf():
    zipped = archive()
    manifest = {row["propertyName"]: row["value"] for row in rows("manifest")}
    assert manifest["oneroster.version"] == "1.2.1"
    for name in zipped.namelist():
        body = zipped.read(name)
        assert not body.startswith(b"\xef\xbb\xbf")
        assert body.count(b"\n") == body.count(b"\r\n")
        assert name == "manifest.csv" or manifest[f"file.{name[:-4]}"] == "bulk"


def test_days_are_school_days_only():
    dates = school_days.school_days(UNTIL)
    assert all(day.weekday() < 5 for day in dates)
    assert date(2026, 11, 3) not in dates  # 文化の日
    assert dates[-1] == UNTIL


def test_a_few_students_show_the_patterns_the_rules_look_for():
    pupils, dates = school().pupils, school_days.school_days(UNTIL)
    marks = Counter(
        code
        for code, _, mark, _ in school_days.attendance_rows(pupils, dates)
        if mark in {"病欠", "事故欠"}
    )
    often = [p for i, p in enumerate(pupils) if school_days.is_often_absent(i)]
    assert all(marks[pupil.local_code] >= 5 for pupil in often)
    low = next(i for i in range(len(pupils)) if school_days.is_low(i))
    moods = [answers["mood"] for _, answers in school_days.checkin_answers(low, pupils[low], dates)]
    assert all(mood <= 1 for mood in moods[-3:])


def test_the_printed_one_time_code_is_good_now():
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    assert validate_totp_code(secret, sign_ins.one_time_code(secret))


@pytest.mark.parametrize("until", [UNTIL, date(2026, 5, 8)])
def test_every_file_of_the_school_is_read_without_a_problem(until, tmp_path):
    dates = school_days.school_days(until)
    for name, lines in school_files.school_files(school().pupils[:40], dates):
        with open(tmp_path / name, "w", encoding="utf-8-sig", newline="") as out:
            csv.writer(out).writerows(lines)
    pages = list(SchoolFiles(tmp_path).pull({}, "agreed"))
    assert [issue for page in pages for issue in page.issues] == []
    years = {school_year_of(day) for day in dates}
    assert len({page.file.name for page in pages if page.file}) >= 3 * len(years)


def test_the_start_says_where_the_guardian_of_the_letter_is_confirmed():
    text = sign_ins.sign_ins_as_text()
    assert reverse("admin:registration_waiting") == sign_ins.CONFIRM_PATH
    assert sign_ins.CONFIRM_PATH in text
    assert text.index("手紙") < text.index(sign_ins.CONFIRM_PATH) < text.index("職員")
