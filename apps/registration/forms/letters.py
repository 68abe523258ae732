"""Forms to print letters."""

from datetime import timedelta

from django import forms

from apps.core import clock
from apps.registration.letter_selection import LetterSelection


class HandOutForm(forms.Form):
    """The day on which letters are handed out: they are valid from then on."""

    AHEAD = timedelta(days=60)

    hand_out_on = forms.DateField(
        label="配る日",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="新しい手紙は、この日から、子どもの手紙は80日、名簿の保護者の手紙は30日使えます。この日より前に手紙を取った人は入れません。",
        error_messages={"invalid": "配る日を、2026-04-08 のように書いてください。"},
    )

    def clean_hand_out_on(self):
        day = self.cleaned_data["hand_out_on"] or clock.today()
        if not clock.today() <= day <= clock.today() + self.AHEAD:
            raise forms.ValidationError("配る日は、きょうから60日後までの日にしてください。")
        return day


class SchoolLettersForm(HandOutForm):
    """Which letters a school prints, and the day on which it hands them out."""

    which = forms.ChoiceField(
        label="だれの手紙か",
        choices=LetterSelection.choices,
        error_messages={"required": "だれの手紙かを選んでください。",
                        "invalid_choice": "だれの手紙かを選んでください。"},
    )  # fmt: skip
