"""Forms for a telephone answer: the note of the call, and the second person's confirmation."""

from django import forms

from apps.consent.models import ConfirmedBy, IdentifiedBy, SpokenBy

ANSWER_CHOICES = [("", "聞いていない"), ("given", "同意する"), ("refused", "同意しない"),
           ("later", "あとで決める"), ("withdrawn", "前の同意を取り下げる")]  # fmt: skip


def _required(words):
    return dict.fromkeys(("required", "invalid_choice", "invalid"), words)


class TelephoneAnswerForm(forms.Form):
    """Who spoke, how they were identified, and the answer to each document read aloud."""

    known_by = forms.ChoiceField(
        label="だれか、どう確かめたか", widget=forms.RadioSelect, choices=IdentifiedBy.choices,
        error_messages=_required("だれか、どう確かめたかを選んでください。"),
    )  # fmt: skip
    spoke = forms.ChoiceField(
        label="話した人", widget=forms.RadioSelect, choices=SpokenBy.choices,
        help_text="お子さん本人やきょうだいに通訳をたのみません。",
        error_messages=_required("だれが話したかを選んでください。"),
    )  # fmt: skip
    read_aloud = forms.BooleanField(
        label="同意する項目は、下の文をそのまま読み上げた", required=False
    )
    shown = forms.CharField(widget=forms.HiddenInput, required=False)
    form_key = forms.UUIDField(
        widget=forms.HiddenInput,
        error_messages=_required("ページが古くなりました。もう一度開いてください。"),
    )

    def __init__(self, *args, documents, **kwargs):
        super().__init__(*args, **kwargs)
        self.documents = documents
        for document in documents:
            self.fields[document.purpose] = forms.ChoiceField(
                label=document.question,
                required=False,
                choices=ANSWER_CHOICES,
                error_messages=_required(f"「{document.question}」の返事を選びなおしてください。"),
            )

    def clean(self):
        cleaned = super().clean()
        if self.errors:
            return cleaned
        if cleaned["shown"] != document_versions(self.documents):
            raise forms.ValidationError(
                "説明が新しくなりました。新しい文を読み上げて、もう一度聞いてください。"
            )
        if "given" in self.answers().values() and not cleaned["read_aloud"]:
            self.add_error("read_aloud", "同意は、文を読み上げてから受けます。")
        return cleaned

    def to_ask_again(self):
        """The submitted data for showing the page again: only answers to documents still in force."""
        sent, now = self.data.dict(), document_versions(self.documents)
        if sent.get("shown") != now:
            unchanged = ("known_by", "spoke", "form_key")
            sent = {name: sent[name] for name in unchanged if name in sent}
        return {**sent, "shown": now}

    def words(self):
        """[(ConsentDocument, its field on the page)]."""
        return [(document, self[document.purpose]) for document in self.documents]

    def call_fields(self):
        """The fields about the call itself, not about one document."""
        return [self["known_by"], self["spoke"], self["read_aloud"]]

    def answers(self):
        """{purpose: response} of what was answered."""
        lines = ((d.purpose, self.cleaned_data.get(d.purpose)) for d in self.documents)
        return {purpose: response for purpose, response in lines if response}


class ConfirmCallForm(forms.Form):
    """How the second person knows what the guardian answered."""

    how = forms.ChoiceField(
        label="どうやって確かめたか", widget=forms.RadioSelect, choices=ConfirmedBy.choices,
        error_messages=_required("どうやって確かめたかを選んでください。"),
    )  # fmt: skip


def document_versions(documents):
    """The document versions on a page, as its form carries them."""
    return ",".join(str(document.pk) for document in documents)
