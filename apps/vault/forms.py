"""The form that asks why content is opened."""

from django import forms

from apps.vault.services.sealed_content import OpeningReason


class OpeningReasonForm(forms.Form):
    """One of the reasons to open content. ``label`` may say who can read the reason."""

    reason = forms.ChoiceField(
        choices=OpeningReason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "開く理由を選んでください。"},
    )

    def __init__(self, *args, label: str = "開く理由", **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = label
