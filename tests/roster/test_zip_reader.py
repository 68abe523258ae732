"""The Japan Profile as real zips use it: good ones are read, each fault is reported with its
position.
"""

import os
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from apps.roster.oneroster.zip_reader import read_zip as read_rows
from tests.roster import zips
from tests.roster.read_rosters import read

pytestmark = pytest.mark.django_db

INPUTS = Path(os.environ.get("KAGA_INPUTS") or settings.BASE_DIR.parent / "shared" / "inputs")
SAMPLES = INPUTS / "oneroster-csv"
needs_samples = pytest.mark.skipif(
    not SAMPLES.exists(), reason=f"the sample zips are not at {SAMPLES} (set KAGA_INPUTS)"
)
NOTED = {
    "bom_users": "BOM",
    "role_parent_enrollment": "guardian",
    "unknown_extra_col": "知らない列",
}
REFUSED = {
    "absent_but_present": "absent",
    "bulk_but_missing": "bulk",
    "cp932_users": "Shift_JIS",
    "dangling_user": "見つかりません",
    "delta_manifest": "delta",
    "dup_master_id": "共通ID",
    "grade_07": "学年",
    "halfwidth_kana": "半角",
    "header_swap": "順番",
    "missing_kana": "フリガナ",
    "no_manifest": "manifest.csv",
    "status_bad": "status",
    "student_primary_true": "primary",
}


@needs_samples
@pytest.mark.parametrize("name", ["jp_v1_2_1_uuid", "eportal_v4_uuid", "pse_v6_uuid"])
def test_every_good_sample_is_read(name):
    found = read((SAMPLES / "good" / f"{name}.zip").read_bytes())
    assert found.is_error_free, found.problems
    assert len(found.roster.pupils) == 3
    assert {pupil.home_class for pupil in found.roster.pupils} == {
        c.source_id for c in found.roster.classes
    }


@needs_samples
@pytest.mark.parametrize(("name", "words"), NOTED.items())
def test_some_samples_are_forgiven_with_a_note(name, words):
    found = read((SAMPLES / "bad" / f"{name}.zip").read_bytes())
    assert found.is_error_free, found.problems
    assert any(words in note.reason for note in found.notes)


@needs_samples
@pytest.mark.parametrize(("name", "words"), REFUSED.items())
def test_every_other_sample_is_refused_with_the_reason(name, words):
    found = read((SAMPLES / "bad" / f"{name}.zip").read_bytes())
    assert found.roster is None
    assert any(words in problem.reason for problem in found.problems), found.problems


@needs_samples
def test_every_sample_is_in_a_list_above():
    names = {path.stem for path in (SAMPLES / "bad").glob("*.zip")}
    assert names == set(NOTED) | set(REFUSED)


# -- the same policy on zips of our own -----------------------------------------------------------

GOOD = zips.good()


def test_our_own_zip_is_read():
    found = read(GOOD)
    assert found.is_error_free, found.problems
    assert len(found.roster.pupils) == 6
    assert found.roster.links
    assert found.roster.teachers[0].home_class
    assert all(pupil.local_code and pupil.number for pupil in found.roster.pupils)


BROKEN = {
    "delta": ("manifest.csv", zips.swapped('"file.users","bulk"', '"file.users","delta"'), "差分"),
    "version": ("manifest.csv", zips.swapped('"1.2.1"', '"1.1"'), "版"),
    "no manifest": ("manifest.csv", lambda body: None, "manifest"),
    "missing file": ("users.csv", lambda body: None, "ありません"),
    "status": (
        "users.csv",
        lambda body: body.replace(b'","",""', b'","tobedeleted",""', 1),
        "status",
    ),
    "kana": ("users.csv", zips.swapped("サクラ", "ｻｸﾗ"), "半角"),
    "grade": ("users.csv", zips.swapped('"J1"', '"07"'), "学年"),
    "primary": (
        "enrollments.csv",
        lambda b: b.replace(b'"student","false"', b'"student","true"', 1),
        "primary",
    ),
    "cp932": ("users.csv", lambda body: body.decode().encode("cp932", "replace"), "Shift_JIS"),
    "column gone": ("users.csv", zips.swapped('"familyName",', '"familyNama",'), "列が"),
    "ragged": ("users.csv", lambda body: body + b'"x","y"\r\n', "列の数"),
    "school year": ("academicSessions.csv", zips.swapped('年度"', 'ねんど"'), "年度"),
    "seat": (
        "enrollments.csv",
        zips.swapped('"false","","","1"', '"false","","","一番"'),
        "出席番号",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_each_fault_is_refused_in_its_own_words(name):
    file, change, words = BROKEN[name]
    found = read(zips.changed(GOOD, file, change))
    assert found.roster is None
    assert any(words in problem.reason for problem in found.problems), found.problems


def test_a_problem_names_file_line_and_column():
    file, change, _ = BROKEN["kana"]
    (problem,) = read(zips.changed(GOOD, file, change)).problems
    assert (problem.file, problem.column) == ("users.csv", "metadata.jp.kanaGivenName")
    assert problem.line > 1


def test_bom_and_active_are_forgiven():
    with_bom = zips.changed(GOOD, "orgs.csv", lambda body: b"\xef\xbb\xbf" + body)
    active = zips.changed(
        with_bom, "orgs.csv", lambda b: b.replace(b'","",""', b'","active",""', 1)
    )
    found = read(active)
    assert found.is_error_free, found.problems
    assert len(found.notes) == 2


def test_what_is_not_needed_is_never_kept():
    body = zips.changed(
        GOOD, "users.csv", lambda b: b.replace(b"@mihon.example", b"@secret.example")
    )
    assert "secret.example" not in repr(read(body).roster)


def test_a_bomb_is_not_unpacked():
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("users.csv", b"0" * 130_000_000)
    found = read(out.getvalue())
    assert "大きすぎ" in found.problems[0].reason


@given(st.binary(max_size=400))
@hypothesis_settings(max_examples=200)
def test_any_bytes_give_words_and_never_an_error(content):
    assert read_rows(content).problems


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
@hypothesis_settings(max_examples=150)
def test_a_damaged_zip_is_read_or_refused_but_never_breaks(position, flip):
    damaged = bytearray(GOOD)
    damaged[position] ^= flip
    found = read_rows(bytes(damaged))
    assert found.is_error_free or found.problems
