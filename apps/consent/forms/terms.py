"""Forms of the staff who write what is asked: documents, policies, the programme."""

import re

from django import forms

from apps.consent.document_terms import TERM_FIELDS, why_readers_differ
from apps.consent.models import ConsentDocument, Programme, PurposePolicy
from apps.consent.services.policy_changes import check_single_programme
from apps.consent.services.policy_limits import why_too_wide
from apps.core.forms import LinesField
from apps.core.templatetags.japanese import RUBY
from apps.people.models import Role
from apps.people.permissions import roles_that_may_open
from apps.people.services.pending_acts import CannotAct

KANJI_PATTERN = re.compile(r"[一-龯々〆]+")


def kanji_without_reading(text):
    """The kanji of ``text`` that carry no ruby (｜漢字《かんじ》), as they stand."""
    return KANJI_PATTERN.findall(RUBY.sub("", text))


def reader_choices(purpose):
    """The roles that may at most open the records of a purpose."""
    return [(role.value, role.label) for role in Role if role in roles_that_may_open(purpose)]


class ConsentDocumentForm(forms.ModelForm):
    """The text of a draft; the student's text must be readable by every student."""

    class Meta:
        model = ConsentDocument
        fields = (
            "question", "what", "what_not", "source", "recipients", "readers", "kept", "kept_days",
            "decider", "alone_from_age", "aim", "student_question", "student_words",
        )  # fmt: skip
        widgets = dict.fromkeys(
            set(fields) - set(TERM_FIELDS), forms.Textarea(attrs={"rows": 3, "cols": 80})
        )
        field_classes = dict.fromkeys(widgets, LinesField)
        help_texts = {
            "recipients": "下の「内容を開ける立場」の名前を、ぜんぶ入れてください。",
            "what": "強調は **このように** 書けます。",
            "student_words": "やさしい日本語で。漢字には ｜漢字《かんじ》 のように読みをつけます。",
        }

    readers = forms.MultipleChoiceField(
        label="内容を開ける立場", required=False, widget=forms.CheckboxSelectMultiple
    )
    kept_days = forms.IntegerField(label="残す日数(長くても)", min_value=1, max_value=366)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "readers" in self.fields:
            self.fields["readers"].choices = reader_choices(self.instance.purpose)

    def clean(self):
        cleaned = super().clean()
        problem = why_readers_differ(cleaned.get("recipients", ""), cleaned.get("readers", []))
        if problem and "readers" in self.fields:
            self.add_error("recipients", problem)
        return cleaned

    def clean_student_question(self):
        return self._with_readings("student_question")

    def clean_student_words(self):
        return self._with_readings("student_words")

    def _with_readings(self, name):
        missing = kanji_without_reading(self.cleaned_data[name])
        if missing:
            raise forms.ValidationError(f"読みのない漢字があります: {'、'.join(missing[:5])}")
        return self.cleaned_data[name]


class PurposePolicyForm(forms.ModelForm):
    """Whether and how a purpose is asked."""

    kept_days = forms.IntegerField(
        label="残す日数",
        min_value=1,
        max_value=366,
        help_text="説明文書の「いつまで」より長くするときは、先に新しい版を公開してください。",
    )

    readers = forms.MultipleChoiceField(
        label="内容を開ける立場",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="説明文書より少なくできます。増やすときは、新しい版を公開してください。",
    )

    class Meta:
        model = PurposePolicy
        fields = (
            "is_offered", "decider", "asks_all_guardians", "alone_from_age", "begins_on", "ends_on",
            "readers", "kept_days", "order",
        )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "readers" in self.fields:
            self.fields["readers"].choices = reader_choices(self.instance.purpose)

    def clean(self):
        cleaned = super().clean()
        if problem := why_too_wide(self.instance, cleaned):
            raise forms.ValidationError(problem)
        return cleaned


class ProgrammeForm(forms.ModelForm):
    """The term of a municipality's programme; a second one is not added while one waits."""

    def clean(self):
        cleaned = super().clean()
        if self.instance._state.adding and cleaned.get("municipality"):
            try:
                check_single_programme(Programme(municipality=cleaned["municipality"]))
            except CannotAct as error:
                raise forms.ValidationError(str(error)) from error
        return cleaned
