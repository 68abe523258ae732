"""Forms of a support case."""

import uuid

from django import forms

from apps.cases.models import Judgement
from apps.cases.services.case_writing import WORDS_LIMIT
from apps.cases.services.casework import organisations_for

PAGE_TOO_OLD = "画面が古くなりました。もう一度開いてください。"


class CaseNoteForm(forms.Form):
    """A note about the case. ``form_key`` makes a double submit one; ``case`` narrows choices."""

    form_key = forms.UUIDField(
        widget=forms.HiddenInput,
        initial=uuid.uuid4,
        error_messages={"required": PAGE_TOO_OLD, "invalid": PAGE_TOO_OLD},
    )
    words = forms.CharField(
        label="言葉",
        max_length=WORDS_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "言葉を書いてください。"},
    )
    heading, button, words_label, words_help = "", "書いて残す", "", ""

    def __init__(self, *args, case, **kwargs):
        super().__init__(*args, **kwargs)
        self.case = case
        self.fields["words"].label = self.words_label or "言葉"
        self.fields["words"].help_text = self.words_help


class ObserveForm(CaseNoteForm):
    heading, button = "見聞きしたことを書く", "記録を残す"
    words_label = "見たこと・聞いたこと"
    words_help = "見たまま、聞いたままを書きます。よい・わるいの判断は「判断を書く」へ。"


class DecideForm(CaseNoteForm):
    judgement = forms.ChoiceField(
        label="判断",
        choices=Judgement.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "判断を選んでください。"},
    )
    field_order = ["form_key", "judgement", "words"]
    heading, button, words_label = "判断を書く", "判断を残す", "理由"
    words_help = "計画がなければ、「気にしない」でケースは終わり、理由が結果になります。"


class PlanForm(CaseNoteForm):
    review_on = forms.DateField(
        label="次の確認",
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={
            "required": "次の確認の日を選んでください。",
            "invalid": "日付を 2026-11-24 の形で書いてください。",
        },
    )
    heading, button = "支援計画を立てる", "計画を残す"


class ReferForm(CaseNoteForm):
    organisation = forms.ModelChoiceField(
        label="窓口", queryset=None, error_messages={"required": "窓口を選んでください。"}
    )
    field_order = ["form_key", "organisation", "words"]
    heading, button = "窓口を紹介する", "紹介を残す"

    def __init__(self, *args, case, **kwargs):
        super().__init__(*args, case=case, **kwargs)
        self.fields["organisation"].queryset = organisations_for(case)


class OutcomeForm(CaseNoteForm):
    heading, button, words_label = "支援の結果を書く", "結果を残す", "何が変わったか"
    words_help = "だれが見て、本人は何と言っているかも書きます。"


class ReopenForm(CaseNoteForm):
    heading, button, words_label = "ふたたび開く", "ふたたび開く", "開く理由"
    words_help = "あなたが担当になります。これまでの記録は、そのまま残っています。"


class CloseCaseForm(forms.Form):
    """A form without fields: only the button."""

    heading, button = "ケースを終える", "終える"

    def __init__(self, *args, case, **kwargs):
        super().__init__(*args, **kwargs)
        self.case = case


class ClosedCasesForm(forms.Form):
    """Narrows the list of closed cases; no names."""

    month = forms.ChoiceField(label="終わった月", required=False)
    school_class = forms.ModelChoiceField(
        label="学級", queryset=None, required=False, empty_label="すべて"
    )
    rule = forms.ChoiceField(label="決まり", required=False)
    holder = forms.ModelChoiceField(
        label="担当", queryset=None, required=False, empty_label="すべて"
    )

    def __init__(self, *args, choices, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["month"].choices = [("", "すべて"), *choices.months]
        self.fields["rule"].choices = [("", "すべて"), *choices.rules]
        self.fields["school_class"].queryset = choices.classes
        self.fields["holder"].queryset = choices.holders
