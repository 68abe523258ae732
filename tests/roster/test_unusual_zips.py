"""Zips made by other programs: read where possible, else described correctly."""

import io
import zipfile

import pytest

from tests.roster import zips
from tests.roster.inputs import zip_of
from tests.roster.read_rosters import read

pytestmark = pytest.mark.django_db


def moved(content, *folders):
    """The files of a zip in folders inside it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for folder in folders:
            for name in old.namelist():
                new.writestr(f"{folder}{name}", old.read(name))
    return out.getvalue()


def reasons(content):
    return {problem.reason for problem in read(content).problems}


def test_a_roster_in_a_folder_is_read(db):
    found = read(zip_of("roster-in-a-folder"))
    assert found.is_error_free, found.problems
    assert found.roster.pupils


@pytest.mark.parametrize("folder", ["RO_2026/", "a/b/", "RO_2026\\", "名簿/"])
def test_any_single_folder_is_read(folder):
    assert len(read(moved(zips.good(), folder)).roster.pupils) == 6


def test_what_macos_lays_beside_it_is_passed_over():
    assert read(
        zips.added(moved(zips.good(), "RO/"), "__MACOSX/RO/manifest.csv", b"x")
    ).is_error_free


def test_two_folders_are_refused_and_not_chosen_from():
    assert any("2つ以上" in reason for reason in reasons(moved(zips.good(), "a/", "b/")))


def test_utf_16_is_called_by_its_name():
    assert reasons(zip_of("roster-utf16")) == {
        "文字コードがUTF-16です。UTF-8(CSV UTF-8)で書き出し直してください。"
    }


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("file", ["manifest.csv", "users.csv", "courses.csv"])
def test_one_file_of_utf_16_is_named(codec, file):
    content = zips.changed(zips.good(), file, lambda body: body.decode().encode(codec))
    (problem,) = read(content).problems
    assert (problem.file, "UTF-16" in problem.reason) == (file, True)


def test_a_board_code_without_its_zero_says_who_ate_it():
    eaten = zips.changed(zips.good(), "orgs.csv", zips.swapped('"172065"', '"72065"'))
    assert any("先頭の0" in reason for reason in reasons(eaten))


def test_a_damaged_character_in_a_name_is_refused_by_its_row():
    damaged = zips.changed(zips.good(), "users.csv", zips.swapped("さくら", "さ\ufffdら", 2))
    assert {problem.column for problem in read(damaged).problems} == {
        "givenName", "preferredGivenName",
    }  # fmt: skip
