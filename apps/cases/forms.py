"""Forms of a support case."""

import uuid
from uuid import UUID

from django import forms
from django.utils.text import Truncator

from apps.cases.models import (
    FIRST_HOUR,
    LAST_HOUR,
    AgreedWith,
    Judgement,
    PackPart,
    Recipient,
    ReferralAnswerKind,
    ReferralConsent,
    SchemeState,
    SheetPart,
)
from apps.cases.services.case_writing import WORDS_LIMIT
from apps.cases.services.hand_overs import TO_LIMIT
from apps.cases.services.plans import WHO_LIMIT, assignees_for, steps_to_end
from apps.cases.services.referrals import organisations_for
from apps.cases.services.schemes import schemes_of
from apps.core.clock import JST
from apps.core.templatetags.japanese import plain

MOST_OF_LABEL = 40
PAGE_TOO_OLD = "画面が古くなりました。もう一度開いてください。"


def day_field(label):
    """A day, chosen or typed."""
    return forms.DateField(
        label=label,
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={
            "required": f"{label}の日を選んでください。",
            "invalid": "日付を 2026-11-24 の形で書いてください。",
        },
    )


def month_and_day(moment):
    """The day in Japan of a moment, as 11/24."""
    return f"{moment.astimezone(JST):%m/%d}"


def why_field(label):
    """A reason that is needed for one of the choices only."""
    widget = forms.Textarea(attrs={"rows": 2})
    return forms.CharField(label=label, max_length=WORDS_LIMIT, required=False, widget=widget)


class CaseForm(forms.Form):
    """About a case. ``form_key`` makes a double submit one; ``case`` narrows choices."""

    form_key = forms.UUIDField(
        widget=forms.HiddenInput,
        initial=uuid.uuid4,
        error_messages={"required": PAGE_TOO_OLD, "invalid": PAGE_TOO_OLD},
    )
    heading, button = "", "書いて残す"

    def __init__(self, *args, case, **kwargs):
        super().__init__(*args, **kwargs)
        self.case = case


class CaseNoteForm(CaseForm):
    """A note about the case."""

    words = forms.CharField(
        label="言葉",
        max_length=WORDS_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "言葉を書いてください。"},
    )
    words_label, words_help = "", ""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
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
    agreed_with = forms.ChoiceField(
        label="だれと決めたか",
        choices=AgreedWith.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "だれと決めたかを選んでください。"},
    )
    why_not = why_field("まだ話していないわけ")
    review_on = day_field("次の確認")
    field_order = ["form_key", "words", "agreed_with", "why_not", "review_on"]
    heading, button, words_label = "支援計画を立てる", "計画を残す", "めあて"
    words_help = "本人の言葉で書きます(どうなりたいか、何ができるとよいか)。"


class PostChoiceField(forms.ModelChoiceField):
    def label_from_instance(self, obj):
        return f"{obj.name}({obj.get_role_display()})"


class StepForm(CaseNoteForm):
    assignee = PostChoiceField(
        label="する人(職員)", queryset=None, required=False, empty_label="職員ではない"
    )
    who = forms.CharField(
        label="する人(ほかの人)", max_length=WHO_LIMIT, required=False,
        help_text="職員でないときに、立場を書きます(本人、保護者、学年の先生など)。",
    )  # fmt: skip
    until_on = day_field("いつまで")
    field_order = ["form_key", "words", "assignee", "who", "until_on"]
    heading, button, words_label = "手だてを決める", "手だてを残す", "すること"
    words_help = "職員の手だては、その人と担当の「きょう」に、日が近づくと出ます。"

    def __init__(self, *args, case, **kwargs):
        super().__init__(*args, case=case, **kwargs)
        self.fields["assignee"].queryset = assignees_for(case)


class StepChoiceField(forms.ModelChoiceField):
    """A step by its own words, where the page has opened them."""

    words: dict[UUID, str] = {}

    def label_from_instance(self, obj):
        until = f"{obj.until_on.month}月{obj.until_on.day}日まで"
        if text := self.words.get(obj.pk):
            return f"{Truncator(text).chars(MOST_OF_LABEL)}({until})"
        return f"{until}の手だて({month_and_day(obj.written_at)}に決めた)"


class EndStepForm(CaseNoteForm):
    step = StepChoiceField(
        label="手だて", queryset=None, error_messages={"required": "手だてを選んでください。"}
    )
    is_done = forms.TypedChoiceField(
        label="できたか",
        choices=[("yes", "できた"), ("no", "できなかった")],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": "できたかを選んでください。"},
    )
    field_order = ["form_key", "step", "is_done", "words"]
    heading, button, words_label = "手だてがどうなったかを書く", "結果を残す", "気づいたこと"

    def __init__(self, *args, case, **kwargs):
        super().__init__(*args, case=case, **kwargs)
        self.fields["step"].queryset = steps_to_end(case)
        self.fields["words"].required = False


class ReferForm(CaseNoteForm):
    organisation = forms.ModelChoiceField(
        label="窓口", queryset=None, error_messages={"required": "窓口を選んでください。"}
    )
    parts = forms.MultipleChoiceField(
        label="紙に書くほかのこと", choices=SheetPart.choices, required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    agreed_by = forms.ChoiceField(
        label="だれが望んだか",
        choices=ReferralConsent.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "だれが望んだかを選んでください。"},
    )
    why_alone = why_field("だれにも聞かないわけ")
    field_order = ["form_key", "organisation", "words", "parts", "agreed_by", "why_alone"]
    heading, button, words_label = "窓口を紹介する", "紹介を残す", "伝えること"
    words_help = "窓口に見せる言葉です。支援にいることだけを書きます。"

    def __init__(self, *args, case, **kwargs):
        super().__init__(*args, case=case, **kwargs)
        self.fields["organisation"].queryset = organisations_for(case)


class ReferralChoiceField(forms.ModelChoiceField):
    def label_from_instance(self, obj):
        return f"{plain(obj.organisation.name)}({month_and_day(obj.written_at)})"


class ReferralAnswerForm(CaseForm):
    referral = ReferralChoiceField(
        label="紹介", queryset=None, error_messages={"required": "紹介を選んでください。"}
    )
    kind = forms.ChoiceField(
        label="返事",
        choices=ReferralAnswerKind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "返事を選んでください。"},
    )
    heading, button = "窓口から聞いた返事を書く", "返事を残す"

    def __init__(self, *args, case, **kwargs):
        super().__init__(*args, case=case, **kwargs)
        self.fields["referral"].queryset = case.referrals.select_related("organisation")


class HandOverForm(CaseNoteForm):
    recipient = forms.ChoiceField(
        label="どこへ",
        choices=Recipient.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "どこへ渡すかを選んでください。"},
    )
    to = forms.CharField(
        label="渡す先の名前", max_length=TO_LIMIT,
        error_messages={"required": "渡す先の名前を書いてください。"},
    )  # fmt: skip
    parts = forms.MultipleChoiceField(
        label="渡すもの",
        choices=PackPart.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "渡すものを一つ以上選んでください。"},
    )
    is_urgent = forms.BooleanField(
        label="命や体があぶないので、いま渡す",
        required=False,
        help_text="一人で渡せます。つぎの授業日までに、二人目が確かめます。",
    )
    field_order = ["form_key", "recipient", "to", "parts", "words", "is_urgent"]
    heading, button, words_label = "引きつぎ資料を作る", "資料を作る", "渡すわけ"
    words_help = "あぶないときのほかは、別の人が確かめてから印刷できます。"


class CentreReportForm(CaseNoteForm):
    heading, button = "児童相談所に伝えたことを書く(189)", "伝えたと残す"
    words_label = "いつ、だれに、何を伝えたか"
    words_help = "虐待が疑われるときは、同意なしに 189 へ伝えます。聞き取りは重ねません。"


class SchemeStepForm(CaseNoteForm):
    scheme = forms.ModelChoiceField(
        label="制度", queryset=None, error_messages={"required": "制度を選んでください。"}
    )
    state = forms.ChoiceField(
        label="どうなったか",
        choices=SchemeState.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "どうなったかを選んでください。"},
    )
    field_order = ["form_key", "scheme", "state", "words"]
    heading, button = "制度を案内したことを書く", "案内を残す"

    def __init__(self, *args, case, **kwargs):
        super().__init__(*args, case=case, **kwargs)
        self.fields["scheme"].queryset = schemes_of(case.municipality_id)
        self.fields["words"].required = False


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


class DigestForm(forms.Form):
    """At which hour a member of staff wants the mail of the day."""

    hour = forms.TypedChoiceField(
        label="メールの時刻",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "送らない"), *((n, f"{n}時すぎ") for n in range(FIRST_HOUR, LAST_HOUR + 1))],
    )


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
