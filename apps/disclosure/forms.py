"""The form of a correction request."""

from django import forms
from django.utils.translation import gettext as _

from apps.consent.forms.answers import SubmitForm
from apps.core.templatetags.japanese import plain, ruby
from apps.disclosure.services.corrections import subjects_for
from apps.disclosure.words import subject_name


class CorrectionForm(SubmitForm):
    """What is wrong, in the person's own words."""

    about = forms.ChoiceField(label="")
    words = forms.CharField(max_length=300, label="", widget=forms.Textarea(attrs={"rows": 5}))

    def __init__(self, *args, party, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["about"].label = ruby(_("どの記録ですか"))
        self.fields["about"].choices = [
            (code, plain(subject_name(code))) for code in subjects_for(party)
        ]
        self.fields["words"].label = ruby(_("どこが、どうちがいますか(300字まで)"))
        self.fields["words"].error_messages = dict.fromkeys(
            ("required", "max_length"), ruby(_("何がどうちがうかを、300字までで書いてください。"))
        )
