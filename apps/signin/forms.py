"""What a person may type to come in."""

from datetime import timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core import clock, spreadsheets
from apps.core.upload_fields import UploadField
from apps.people.models import School
from apps.people.permissions import schools_where
from apps.signin.letter_choice import Which
from apps.signin.roster import MAX_ZIP
from apps.signin.words import pin_problem_words


class CodeForm(forms.Form):
    """A card's or letter's code, typed from paper."""

    code = forms.CharField(
        label=_("番号"),
        max_length=60,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
        error_messages={"required": _("番号を入れてください。")},
    )


def _pin_field(label):
    return forms.CharField(
        label=label,
        max_length=6,
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": _("暗証番号を入れてください。")},
    )


class PinForm(forms.Form):
    pin = _pin_field(_("暗証番号"))


class FirstPinForm(forms.Form):
    pin = _pin_field(_("あなただけの暗証番号"))
    again = _pin_field(_("もう一度"))

    def clean_pin(self):
        problem = pin_problem_words(self.cleaned_data["pin"])
        if problem:
            raise forms.ValidationError(problem)
        return self.cleaned_data["pin"]

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("pin") and cleaned["pin"] != cleaned.get("again"):
            self.add_error("again", _("1回目と違います。"))
        return cleaned


class ChangePinForm(forms.Form):
    """Another PIN, behind the one of now."""

    pin = _pin_field(_("今の暗証番号"))
    new_pin = _pin_field(_("新しい暗証番号"))
    again = _pin_field(_("新しい番号をもう一度"))

    def clean_new_pin(self):
        problem = pin_problem_words(self.cleaned_data["new_pin"])
        if problem:
            raise forms.ValidationError(problem)
        return self.cleaned_data["new_pin"]

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("new_pin") and cleaned["new_pin"] != cleaned.get("again"):
            self.add_error("again", _("1回目と違います。"))
        return cleaned


class RosterForm(forms.Form):
    """A roster zip to look at."""

    zip = UploadField(
        label="OneRosterのzip",
        help_text="日本版(1.2・1.2.1・1.2_JP)、全件(bulk)",
        endings=("zip",),
        most_bytes=MAX_ZIP,
    )


class HandOutForm(forms.Form):
    """The day on which letters are handed out: they open from then on."""

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


class GuardianListForm(forms.Form):
    """A school of this person, and its list of guardians to look at."""

    school = forms.ModelChoiceField(label="学校", queryset=School.objects.none())
    file = UploadField(
        label="一覧(CSV・Excel)", help_text="1MBまで", endings=("csv", "xlsx", "txt"),
        most_bytes=spreadsheets.MAX_BYTES,
    )  # fmt: skip

    def __init__(self, *args, by, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["school"].queryset = schools_where(by, "guardians.list").order_by("name")


class SchoolLettersForm(HandOutForm):
    """Whose letters a school prints, and the day on which it hands them out."""

    which = forms.ChoiceField(
        label="だれの手紙か",
        choices=Which.choices,
        error_messages={"required": "だれの手紙かを選んでください。",
                        "invalid_choice": "だれの手紙かを選んでください。"},
    )  # fmt: skip
