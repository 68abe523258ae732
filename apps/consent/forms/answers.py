"""Forms in which people answer, and forms of the staff who write what is asked."""

import re

from django import forms

from apps.consent.document_terms import TERM_FIELDS, why_readers_differ
from apps.consent.models import ConsentDocument, Programme, PurposePolicy
from apps.consent.page_words import page_words
from apps.consent.services.policy_changes import check_single_programme
from apps.consent.services.policy_limits import why_too_wide
from apps.consent.words import GUARDIAN, RESPONSE_CHOICES, for_party
from apps.core.forms import LinesField
from apps.core.templatetags.japanese import RUBY, ruby
from apps.people.models import Role
from apps.people.permissions import roles_that_may_open
from apps.people.services.pending_acts import CannotAct

DOCUMENT_CHANGED = (
    "説明が新しくなりました。もう一度お読みになって、えらんでください。",
    "｜説明《せつめい》が ｜新《あたら》しく なりました。もう｜一度《いちど》 ｜読《よ》んで、えらんで ください。",
)
CHOOSE_ONE = (
    "「同意する」「同意しない」「あとで決める」のどれかをえらんでください。",
    "どれか 1つ えらんで ください。",
)
PAGE_EXPIRED = "ページが ふるく なりました。もう いちど たしかめて ください。"  # kana, easy for everybody to read


class AnswerForm(forms.Form):
    """One purpose: yes, no or later, to the document version that was on the screen."""

    response = forms.ChoiceField(widget=forms.RadioSelect, label="")
    document = forms.UUIDField(widget=forms.HiddenInput, label="")
    then = forms.ChoiceField(
        widget=forms.HiddenInput, choices=[("", ""), ("check", "")], required=False
    )

    def __init__(self, *args, party, document, **kwargs):
        super().__init__(*args, **kwargs)
        self._party, self._document = party, document
        response = self.fields["response"]
        response.choices = [
            (key, ruby(for_party(pair, party)))
            for key, pair in RESPONSE_CHOICES.items()
            if for_party(pair, party)
        ]
        response.error_messages = dict.fromkeys(
            ("required", "invalid_choice"), ruby(for_party(CHOOSE_ONE, party))
        )

    def clean_document(self):
        if self.cleaned_data["document"] != self._document.pk:
            raise forms.ValidationError(ruby(for_party(DOCUMENT_CHANGED, self._party)))
        return self.cleaned_data["document"]


class SubmitForm(forms.Form):
    """Submits answers once: carries the key made when the form opened."""

    form_key = forms.UUIDField(
        widget=forms.HiddenInput,
        label="",
        error_messages=dict.fromkeys(("required", "invalid"), PAGE_EXPIRED),
    )


class SubmitAnswersForm(SubmitForm):
    """Submits answers, and says which other children of this guardian they are meant for."""

    also = forms.ModelMultipleChoiceField(
        queryset=None,
        required=False,
        label="",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": PAGE_EXPIRED, "invalid_pk_value": PAGE_EXPIRED},
    )

    def __init__(self, *args, siblings, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["also"].queryset = siblings
        self.fields["also"].label_from_instance = lambda student: GUARDIAN_WORDS.also_for.format(
            student.full_name
        )


class PaperAnswersForm(forms.Form):
    """The answers on a signed form, purpose by purpose; an empty line is no answer."""

    signed_on = forms.DateField(
        label="署名の日", widget=forms.DateInput(attrs={"type": "date"}),
        error_messages=dict.fromkeys(("required", "invalid"), "署名の日を入れてください。"),
    )  # fmt: skip

    def __init__(self, *args, documents, **kwargs):
        super().__init__(*args, **kwargs)
        self.documents = documents
        for document in documents:
            self.fields[document.purpose] = forms.ChoiceField(
                label=document.question,
                required=False,
                choices=[("", "書いていない"), ("given", "同意する"), ("refused", "同意しない"),
                         ("later", "あとで決める")],
            )  # fmt: skip

    def answers(self):
        """{purpose: response} of the lines with an answer."""
        lines = ((d.purpose, self.cleaned_data.get(d.purpose)) for d in self.documents)
        return {purpose: said for purpose, said in lines if said}


class CheckReceiptForm(forms.Form):
    """A receipt pasted to be verified."""

    shown = forms.CharField(
        label="受付のJSON、または署名の文字",
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        error_messages={"required": "受付のJSONか、署名の文字を入れてください。"},
    )


GUARDIAN_WORDS = page_words(GUARDIAN)
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
            "is_offered", "decider", "alone_from_age", "begins_on", "ends_on", "readers",
            "kept_days", "order",
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
