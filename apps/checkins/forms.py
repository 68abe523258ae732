"""Reads submitted check-ins, and the forms of staff."""

import re
import uuid
from dataclasses import dataclass

from django import forms

from apps.checkins.models import Question, QuestionSet
from apps.checkins.services.question_sets import published_question_set
from apps.core.forms import LinesField

PAGE_TOO_OLD = (
    "ページが ｜古《ふる》く なって います。もう｜一度《いちど》 ｜送《おく》って ください。"
)


class PageTooOld(Exception):
    """The form is not ours, or its question set is gone; the message is shown to the student."""


@dataclass(frozen=True)
class SubmittedForm:
    """One form as submitted: ``answers`` hold the set's own codes only, not yet validated."""

    question_set: QuestionSet
    client_key: uuid.UUID
    answers: dict


def read_submission(data):
    """The SubmittedForm of a QueryDict. Raises PageTooOld.

    No django.forms, for speed: a whole school sends this at 08:30, and the answers are validated by
    submissions.submit anyway.
    """
    try:
        question_set = published_question_set(uuid.UUID(data.get("question_set", "")))
        client_key = uuid.UUID(data.get("client_key", ""))
    except (ValueError, QuestionSet.DoesNotExist) as error:
        raise PageTooOld(PAGE_TOO_OLD) from error
    codes = [question.code for question in question_set.questions.all()]
    return SubmittedForm(
        question_set, client_key, {code: data[code] for code in codes if code in data}
    )


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
