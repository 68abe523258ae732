"""The forms of staff: a class's day, question sets and their questions."""

import re

from django import forms

from apps.checkins.models import Question, QuestionSet
from apps.core.forms import LinesField


class ClassDayForm(forms.Form):
    """A class and a day."""

    on = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))


class ChoicesField(LinesField):
    """The choices of one question, one per line: 値 | 絵 | 言葉. Cleans to [(value, picture, label)]."""

    widget = forms.Textarea

    def prepare_value(self, value):
        return value if isinstance(value, str) or value is None else choices_as_lines(value)

    def clean(self, value):
        lines = [line for line in super().clean(value).splitlines() if line.strip()]
        options = [self._option(line) for line in lines]
        if len({option[0] for option in options}) != len(options):
            raise forms.ValidationError("同じ値が2つあります。")
        return options

    def _option(self, line):
        parts = [part.strip() for part in line.split("|")]
        if len(parts) != 3 or not WHOLE_NUMBER.fullmatch(parts[0]) or len(parts[2]) > 60:
            raise forms.ValidationError(
                f"「{line.strip()[:40]}」は「値 | 絵 | 言葉(60字まで)」の形ではありません。"
            )
        if not -100 <= int(parts[0]) <= 100 or parts[1] not in CHOICE_PICTURES:
            raise forms.ValidationError(
                f"「{line.strip()[:40]}」の値か絵が使えません。絵: {'、'.join(filter(None, CHOICE_PICTURES))}"
            )
        return int(parts[0]), parts[1], parts[2]


WHOLE_NUMBER = re.compile(r"-?[0-9]{1,3}")
CHOICE_PICTURES = ("", "sun", "sun-cloud", "cloud", "rain", "storm", "smile", "heart")


def choices_as_lines(choices):
    """Choices as lines of text for editing."""
    return "\n".join(f"{each.value} | {each.picture} | {each.label}" for each in choices)


class QuestionForm(forms.ModelForm):
    """One question of a draft, its choices as lines."""

    options = ChoicesField(
        label="選択肢(1行に1つ: 値 | 絵 | 言葉)", required=False,
        widget=forms.Textarea(attrs={"rows": 5, "cols": 40}),
    )  # fmt: skip

    class Meta:
        model = Question
        fields = ["order", "code", "kind", "text", "hint"]
        widgets = {"text": forms.Textarea(attrs={"rows": 3, "cols": 40})}
        field_classes = {"text": LinesField}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["options"] = choices_as_lines(self.instance.choices.all())


class QuestionSetForm(forms.ModelForm):
    """A draft of a question set. ``cities`` are the writer's own."""

    cities = ()

    class Meta:
        model = QuestionSet
        fields = ["code", "title", "lead", "every_days", "permission"]

    def clean_code(self):
        code = self.cleaned_data["code"]
        if QuestionSet.objects.known_to(self.cities).filter(code=code).exists():
            raise forms.ValidationError(
                "この種類はもうあります。その版の見本から、次の版を作ってください。"
            )
        return code

    def clean_every_days(self):
        days = self.cleaned_data["every_days"]
        if not 1 <= days <= 366:
            raise forms.ValidationError("1から366までの日数にしてください。")
        return days
