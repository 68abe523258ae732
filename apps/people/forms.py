"""Forms of emergency access."""

from django import forms

from apps.people.models import EmergencyVerdict, SchoolClass, Student
from apps.people.permissions import schools_where


class EmergencyForm(forms.Form):
    """A student by class and number, and the reason."""

    school_class = forms.ModelChoiceField(
        queryset=None, label="学級", error_messages={"required": "学級を選んでください。"}
    )
    number = forms.IntegerField(
        label="出席番号", min_value=1,
        error_messages=dict.fromkeys(("required", "invalid"), "出席番号を数字で入れてください。"),
    )  # fmt: skip
    why = forms.CharField(
        label="なぜ緊急か",
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="管理職が読みます。本人や保護者の「だれが見たか」には、緊急だったことだけが出ます。",
        error_messages={"required": "なぜ緊急かを書いてください。"},
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        schools = schools_where(user, "emergency.begin")
        self.fields["school_class"].queryset = SchoolClass.objects.current().filter(
            school__in=schools
        )

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("school_class") and cleaned.get("number"):
            cleaned["student"] = (
                Student.objects.enrolled()
                .filter(home_class=cleaned["school_class"], attendance_number=cleaned["number"])
                .first()
            )
            if cleaned["student"] is None:
                self.add_error("number", "この学級に、この出席番号の生徒はいません。")
        return cleaned


class ReviewForm(forms.Form):
    """Whether it was justified, and what was found."""

    verdict = forms.ChoiceField(
        label="判断", choices=EmergencyVerdict.choices, widget=forms.RadioSelect
    )
    note = forms.CharField(
        label="わかったこと",
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
