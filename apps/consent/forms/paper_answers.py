"""The form in which staff enter the answers on a signed paper."""

from django import forms


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
