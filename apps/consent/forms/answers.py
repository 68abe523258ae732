"""Forms in which people answer, and the form in which anybody verifies a receipt."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.consent import words
from apps.core.templatetags.japanese import ruby


class AnswerForm(forms.Form):
    """One purpose: yes, no or later, to the document version that was on the screen."""

    response = forms.ChoiceField(widget=forms.RadioSelect, label="")
    document = forms.UUIDField(widget=forms.HiddenInput, label="")
    then = forms.ChoiceField(
        widget=forms.HiddenInput, choices=[("", ""), ("check", "")], required=False
    )

    def __init__(self, *args, party, document, **kwargs):
        super().__init__(*args, **kwargs)
        self._document = document
        response = self.fields["response"]
        response.choices = [
            (key, ruby(label))
            for key, pair in words.RESPONSE_CHOICES.items()
            if (label := words.for_party(pair, party))
        ]
        response.error_messages = dict.fromkeys(
            ("required", "invalid_choice"), ruby(words.CHOOSE_ONE)
        )

    def clean_document(self):
        if self.cleaned_data["document"] != self._document.pk:
            raise forms.ValidationError(ruby(words.DOCUMENT_CHANGED))
        return self.cleaned_data["document"]


class SubmitForm(forms.Form):
    """Submits answers once: carries the key made when the form opened."""

    form_key = forms.UUIDField(
        widget=forms.HiddenInput,
        label="",
        error_messages=dict.fromkeys(("required", "invalid"), words.PAGE_EXPIRED),
    )


class SubmitAnswersForm(SubmitForm):
    """Submits answers, and says which other children of this guardian they are meant for."""

    also = forms.ModelMultipleChoiceField(
        queryset=None,
        required=False,
        label="",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "invalid_choice": words.PAGE_EXPIRED,
            "invalid_pk_value": words.PAGE_EXPIRED,
        },
    )

    def __init__(self, *args, siblings, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["also"].queryset = siblings
        self.fields["also"].label_from_instance = lambda student: (
            _("%(name)s さんにも、同じ返事を送る") % {"name": student.full_name}
        )


class CheckReceiptForm(forms.Form):
    """A receipt pasted to be verified."""

    shown = forms.CharField(
        label=gettext_lazy("受付のJSON、または署名の文字"),
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        error_messages={"required": gettext_lazy("受付のJSONか、署名の文字を入れてください。")},
    )
