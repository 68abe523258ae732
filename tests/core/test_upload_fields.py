"""What a person brings is judged by its ending and size before anything of it is read."""

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.core.upload_fields import UploadField
from apps.linkage.forms import BroughtForm
from apps.notices.admin import tables
from apps.notices.admin.tables import UploadForm
from apps.notices.transfer import OrganisationResource
from apps.signin.forms import RosterForm


class Unread(SimpleUploadedFile):
    """A file that must not be read."""

    def read(self, *args):
        raise AssertionError("it was read")

    chunks = read


class Form(forms.Form):
    table = UploadField(endings=("csv",), most_bytes=10)


def problems(file):
    return Form(files={"table": file}).errors.get("table", [])


@pytest.mark.parametrize("name", ["a.csv", "A.CSV", "名簿.csv"])
def test_a_small_file_with_the_right_ending_is_taken_unread(name):
    assert problems(Unread(name, b"a,b\n")) == []


@pytest.mark.parametrize("name", ["evil.exe", "a.csv.exe", "csv", "a.xlsx", ".csv"])
def test_another_ending_is_refused_unread(name):
    assert problems(Unread(name, b"a,b\n"))


def test_a_large_file_is_refused_unread():
    assert "大きすぎます" in problems(Unread("a.csv", b"x" * 11))[0]


def test_a_long_name_is_refused():
    assert "名前" in problems(Unread(f"{'n' * 160}.csv", b"a"))[0]


@pytest.mark.parametrize(("form", "field"), [(RosterForm, "zip"), (BroughtForm, "file")])
def test_the_forms_of_staff_refuse_a_program(form, field):
    assert "だけを受け取れます" in str(form(files={field: Unread("evil.exe", b"MZ")}).errors)


def test_the_directory_refuses_a_program():
    field = UploadForm(tables.DirectoryFiles.formats, [OrganisationResource]).fields["import_file"]
    with pytest.raises(forms.ValidationError, match="だけを受け取れます"):
        field.clean(Unread("evil.exe", b"MZ"))
