"""Forms of a protective case."""

import uuid
from uuid import UUID

from django import forms
from django.utils.text import Truncator

from apps.cases.admin.events import StudentChoice
from apps.cases.forms import MOST_OF_LABEL, PAGE_TOO_OLD, month_and_day
from apps.cases.models import KeepReason, ProtectiveNoteKind, ProtectiveTopic
from apps.cases.services.protective_cases import WORDS_LIMIT
from apps.cases.services.protective_steps import ProtectiveMore
from apps.cases.services.referrals import organisations_for
from apps.core.templatetags.japanese import plain
from apps.people.admin_bases.edit_conflicts import staff_name

NAMED_LIMIT = 100


class OnceForm(forms.Form):
    """A form whose double submit is one."""

    form_key = forms.UUIDField(
        widget=forms.HiddenInput,
        initial=uuid.uuid4,
        error_messages={"required": PAGE_TOO_OLD, "invalid": PAGE_TOO_OLD},
    )


def _words(label):
    return forms.CharField(
        label=label,
        max_length=WORDS_LIMIT,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={
            "required": "言葉を書いてください。",
            "max_length": f"{WORDS_LIMIT}字までで書いてください。",
        },
    )


class StudentForm(forms.Form):
    """About which student: the first step, because the people to choose follow from it."""

    student = StudentChoice(
        label="生徒",
        queryset=None,
        error_messages={
            "required": "生徒を選んでください。",
            "invalid_choice": "この生徒は選べません。",
        },
    )

    def __init__(self, *args, students, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["student"].queryset = students


class ProtectForm(OnceForm):
    """What it is about, the adult it may be about, and who else reads it."""

    topic = forms.ChoiceField(
        label="何のことか",
        choices=ProtectiveTopic.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "何のことかを選んでください。"},
    )
    named = forms.CharField(
        label="気がかりな大人(立場か名前。わからなければ空のまま)",
        max_length=NAMED_LIMIT,
        required=False,
    )
    people = forms.MultipleChoiceField(
        label="あなたのほかに読む人(相談先の人が確かめると、読めるようになります)",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "読む人を、あなたのほかに1人以上選んでください。",
            "invalid_choice": "この人は選べません。",
        },
    )
    facts = _words("見たこと・聞いたこと(本人の言葉は、そのまま)")

    def __init__(self, *args, posts, **kwargs):
        super().__init__(*args, **kwargs)
        self.posts = {str(post.pk): post for post in posts}
        self.fields["people"].choices = [
            (str(post.pk), f"{post.name}({post.get_role_display()}・{post.school or '市'})")
            for post in posts
        ]

    @property
    def chosen(self):
        """The chosen posts."""
        return [self.posts[key] for key in self.cleaned_data["people"]]


class ProtectiveReaderChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj):
        return f"{staff_name(obj.person)}({obj.role})"


class StepChoice(forms.ModelChoiceField):
    """A step by its own words, where the page has opened them."""

    words: dict[UUID, str] = {}

    def label_from_instance(self, obj):
        on = month_and_day(obj.written_at)
        if text := self.words.get(obj.pk):
            return f"{Truncator(text).chars(MOST_OF_LABEL)}({on})"
        return f"{on}に決めた手だて({obj.written_role})"


class OrganisationChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj):
        return plain(obj.name)


class ProtectiveNoteForm(OnceForm):
    kind = forms.ChoiceField(
        label="何か",
        choices=ProtectiveNoteKind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "何かを選んでください。"},
    )
    facts = _words("言葉")
    assignee = ProtectiveReaderChoice(
        label="する人(手だてのとき)", queryset=None, required=False, empty_label="—",
        help_text="このケースを読む人から選びます。ほかの人の「きょう」やメールには出ません。",
    )  # fmt: skip
    until_on = forms.DateField(
        label="いつまで(手だて・めあてのとき)",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"invalid": "日付を 2026-11-24 の形で書いてください。"},
    )
    step = StepChoice(
        label="どの手だて(結果のとき)", queryset=None, required=False, empty_label="—"
    )
    is_done = forms.BooleanField(label="できた(結果のとき)", required=False)
    organisation = OrganisationChoice(
        label="どの窓口(伝えたとき)", queryset=None, required=False, empty_label="—"
    )

    def __init__(self, *args, case, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["assignee"].queryset = case.readers.reading().select_related("person")
        self.fields["step"].queryset = case.notes.filter(kind=ProtectiveNoteKind.STEP)
        self.fields["organisation"].queryset = organisations_for(case)

    @property
    def more(self):
        """What a step, its result and a referral need."""
        names = ("assignee", "until_on", "step", "is_done", "organisation")
        return ProtectiveMore(**{name: self.cleaned_data.get(name) for name in names})


class KeepForm(forms.Form):
    reason = forms.ChoiceField(
        label="なぜ残すか",
        choices=KeepReason.choices,
        error_messages={"required": "なぜ残すかを選んでください。"},
    )


class ReaderForm(forms.Form):
    """Whom to ask as one more reader."""

    person = forms.ChoiceField(
        label="読む人を足す",
        error_messages={
            "required": "人を選んでください。",
            "invalid_choice": "この人は選べません。",
        },
    )

    def __init__(self, *args, posts, **kwargs):
        super().__init__(*args, **kwargs)
        self.posts = {str(post.pk): post for post in posts}
        self.fields["person"].choices = [
            (str(post.pk), f"{post.name}({post.get_role_display()}・{post.school or '市'})")
            for post in posts
        ]

    @property
    def chosen(self):
        """The chosen post."""
        return self.posts[self.cleaned_data["person"]]
