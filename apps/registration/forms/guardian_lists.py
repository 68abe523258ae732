"""Form to upload a list of guardians."""

from django import forms

from apps.core import spreadsheets
from apps.core.upload_fields import UploadField
from apps.people.models import School
from apps.people.permissions import schools_where


class GuardianListForm(forms.Form):
    """A school of this person, and its list of guardians."""

    school = forms.ModelChoiceField(label="学校", queryset=School.objects.none())
    file = UploadField(
        label="一覧(CSV・Excel)", help_text="1MBまで", endings=("csv", "xlsx", "txt"),
        most_bytes=spreadsheets.MAX_BYTES,
    )  # fmt: skip

    def __init__(self, *args, by, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["school"].queryset = schools_where(by, "guardians.list").order_by("name")
