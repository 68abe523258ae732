"""What a person may answer."""

from django import forms

from apps.consent.words import CHOICES, STUDENT, pick
from apps.core.templatetags.japanese import ruby

NEW_WORDS = (
    "説明が新しくなりました。もう一度お読みになって、えらんでください。",
    "｜説明《せつめい》が ｜新《あたら》しく なりました。もう｜一度《いちど》 ｜読《よ》んで、えらんで ください。",
)
CHOOSE_ONE = (
    "「同意する」「同意しない」「あとで決める」のどれかをえらんでください。",
    "どれか 1つ えらんで ください。",
)
OLD_PAGE = "ページが ふるく なりました。もう いちど たしかめて ください。"  # kana for everybody


class AnswerForm(forms.Form):
    """One purpose: yes, no or later, to the words that were on the screen."""

    response = forms.ChoiceField(widget=forms.RadioSelect)
    document = forms.UUIDField(widget=forms.HiddenInput)
    then = forms.ChoiceField(
        widget=forms.HiddenInput, choices=[("", ""), ("check", "")], required=False
    )

    def __init__(self, *args, party, document, **kwargs):
        super().__init__(*args, **kwargs)
        self._party, self._document = party, document
        response = self.fields["response"]
        response.choices = [(key, ruby(pick(pair, party))) for key, pair in CHOICES.items()]
        response.error_messages = dict.fromkeys(
            ("required", "invalid_choice"), ruby(pick(CHOOSE_ONE, party))
        )
        if party == STUDENT:
            self.label_suffix = ""

    def clean_document(self):
        if self.cleaned_data["document"] != self._document.pk:
            raise forms.ValidationError(ruby(pick(NEW_WORDS, self._party)))
        return self.cleaned_data["document"]


class SendForm(forms.Form):
    """The key made when the form opened."""

    form_key = forms.UUIDField(
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(("required", "invalid"), OLD_PAGE),
    )
