"""What comes with the answers; the answers themselves are checked against the questions."""

from django import forms

from apps.checkins.models import QuestionSet
from apps.checkins.services import published_set
from apps.vault.services import Reason

OLD_PAGE = "ページが ｜古《ふる》く なって います。もう｜一度《いちど》 ｜送《おく》って ください。"


class SubmitForm(forms.Form):
    """``client_key`` is made when the form opens; ``question_set`` is the version it showed."""

    client_key = forms.UUIDField(
        error_messages={"invalid": OLD_PAGE, "required": OLD_PAGE}, widget=forms.HiddenInput
    )
    question_set = forms.UUIDField(
        error_messages={"invalid": OLD_PAGE, "required": OLD_PAGE}, widget=forms.HiddenInput
    )

    def clean_question_set(self):
        try:
            return published_set(self.cleaned_data["question_set"])
        except QuestionSet.DoesNotExist as error:
            raise forms.ValidationError(OLD_PAGE) from error

    def answers(self):
        """{question code: what was sent} for the questions of the set, nothing else."""
        questions = self.cleaned_data["question_set"].questions.all()
        return {q.code: self.data[q.code] for q in questions if q.code in self.data}


class ReasonForm(forms.Form):
    """Why the content is opened; the student and the guardian can read it."""

    reason = forms.ChoiceField(
        label="開く理由(本人と保護者も読めます)",
        choices=Reason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "開く理由をえらんでください。"},
    )
