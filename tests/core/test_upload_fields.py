"""An uploaded file is judged by ending and size before anything of it is read."""

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.core.upload_fields import UploadField
from apps.linkage.forms import SchoolFileUploadForm
from apps.notices.admin.organisation_files import OrganisationImportForm
from apps.roster.forms import RosterForm


class Unread(SimpleUploadedFile):
    """A file that must not be read."""

    def read(self, *args):
        raise AssertionError("it was read")

    chunks = read


class Begun(SimpleUploadedFile):
    """A file of which the first bytes may be read."""

    def read(self, size=None):
        assert size is not None and size <= 16, "all of it was read"
        return super().read(size)

    chunks = None


class Form(forms.Form):
    table = UploadField(endings=("csv",), most_bytes=10)


def problems(file):
    return Form(files={"table": file}).errors.get("table", [])


@pytest.mark.parametrize("name", ["a.csv", "A.CSV", "名簿.csv"])
def test_of_a_small_file_with_the_right_ending_the_first_bytes_alone_are_read(name):
    assert problems(Begun(name, b"a,b\n")) == []


@pytest.mark.parametrize(
    "start",
    [
        b"%PDF-1.7",
        b"\x89PNG\r\n",
        b"PK\x03\x04xx",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"MZ\x90\x00",
    ],
)
def test_what_begins_as_something_else_is_refused_whatever_it_is_called(start):
    assert problems(Begun("a.csv", start))


def test_a_roster_begins_as_a_zip():
    form = RosterForm(files={"zip": Begun("r.zip", b"users.csv,orgs.csv")})
    assert form.errors["zip"] == ["zip のファイルではありません。"]
    assert RosterForm(files={"zip": Begun("r.zip", b"PK\x03\x04")}).is_valid()


@pytest.mark.parametrize("name", ["evil.exe", "a.csv.exe", "csv", "a.xlsx", ".csv"])
def test_another_ending_is_refused_unread(name):
    assert problems(Unread(name, b"a,b\n"))


def test_a_large_file_is_refused_unread():
    assert "大きすぎます" in problems(Unread("a.csv", b"x" * 11))[0]


def test_a_long_name_is_refused():
    assert "名前" in problems(Unread(f"{'n' * 160}.csv", b"a"))[0]


@pytest.mark.parametrize(("form", "field"), [(RosterForm, "zip"), (SchoolFileUploadForm, "file")])
def test_the_forms_of_staff_refuse_a_program(form, field):
    assert "だけを受け取れます" in str(form(files={field: Unread("evil.exe", b"MZ")}).errors)


def test_the_directory_refuses_a_program():
    assert "だけを受け取れます" in str(
        OrganisationImportForm(files={"import_file": Unread("evil.exe", b"MZ")}).errors
    )
