"""Form to upload a roster."""

from django import forms

from apps.core.upload_fields import UploadField
from apps.roster.oneroster.zip_reader import MAX_ZIP_BYTES


class RosterForm(forms.Form):
    """A roster zip."""

    zip = UploadField(
        label="OneRosterのzip",
        help_text="日本版(1.2・1.2.1・1.2_JP)、全件(bulk)",
        endings=("zip",),
        most_bytes=MAX_ZIP_BYTES,
    )
