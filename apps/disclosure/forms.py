"""The form of a correction request."""

from django import forms

from apps.consent.forms.answers import SubmitForm
from apps.consent.page_words import page_words
from apps.consent.words import purpose_name
from apps.core.templatetags.japanese import plain, ruby
from apps.disclosure.models import CORRECTION_SUBJECTS, CorrectionSubject


class CorrectionForm(SubmitForm):
    """What is wrong, in the person's own words."""

    about = forms.ChoiceField(label="")
    words = forms.CharField(max_length=300, label="", widget=forms.Textarea(attrs={"rows": 5}))

    def __init__(self, *args, party, **kwargs):
        super().__init__(*args, **kwargs)
        w = page_words(party)
        self.fields["about"].label = ruby(w.correct_about)
        self.fields["about"].choices = [
            (
                code,
                plain(w.roster)
                if code == CorrectionSubject.ROSTER
                else plain(purpose_name(code, party)),
            )
            for code, _ in CORRECTION_SUBJECTS
        ]
        self.fields["words"].label = ruby(w.correct_words)
        self.fields["words"].error_messages = dict.fromkeys(
            ("required", "max_length"), ruby(w.correct_refused)
        )
