"""Forms for what was confirmed with the student, and with a guardian."""

from django import forms

from apps.cases.admin.conversation_guide import GUIDES, NOT_WITH, STOP
from apps.cases.forms import CaseForm, day_field, why_field
from apps.cases.models import ConversationTopic, Partner, TopicState
from apps.cases.services.conversations import WISH_LIMIT, guardians_to_talk_with
from apps.core.clock import today
from apps.people.models import Role
from apps.people.permission_tables import CARING_ROLES


class _ConversationForm(CaseForm):
    """One choice a topic, the person's own wish, and what else was heard."""

    partner = Partner.STUDENT
    guide = ()
    words = why_field("聞いたこと(話した言葉のまま)")
    wants = forms.CharField(
        label="何をしてほしいか", max_length=WISH_LIMIT, required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    not_known = forms.CharField(
        label="だれに知られたくないか", max_length=WISH_LIMIT, required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    spoken_on = day_field("話した日")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["spoken_on"].initial = today
        for topic, guide in GUIDES[self.partner].items():
            self.fields[topic.value] = forms.ChoiceField(
                label=topic.label, choices=TopicState.choices, initial=TopicState.NOT_YET,
                widget=forms.RadioSelect,
                help_text=f"はじめに: {guide.begin} / しないこと: {guide.not_ask}",
                error_messages={"required": "どれか一つを選んでください。"},
            )  # fmt: skip
        rest = ["wants", "not_known", "words", "kept_from"]
        self.order_fields(["form_key", "guardianship", "spoken_on", *ConversationTopic, *rest])

    def clean(self):
        told = super().clean()
        topics = {topic.value: told.pop(topic.value, "") for topic in ConversationTopic}
        return {**told, "partner": self.partner.value, "topics": topics}


class TalkWithStudentForm(_ConversationForm):
    kept_from = forms.MultipleChoiceField(
        label="この確認を見せない立場",
        choices=[(role.value, role.label) for role in Role if role in CARING_ROLES],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="本人が知られたくないと言った職員の立場を選びます。選んだ立場の人には、話したことがあったことも出ません。",
    )
    heading, button, warning = "本人と話して、確かめたことを書く", "確認を残す", STOP


class TalkWithGuardianForm(_ConversationForm):
    partner = Partner.GUARDIAN
    guardianship: forms.ModelChoiceField = forms.ModelChoiceField(
        label="どの保護者と", queryset=None, error_messages={
            "required": "保護者を選んでください。", "invalid_choice": "この保護者は選べません。",
        },
    )  # fmt: skip
    heading, button, warning = "保護者と話して、確かめたことを書く", "確認を残す", NOT_WITH

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["guardianship"]
        field.queryset = guardians_to_talk_with(self.case)
        field.label_from_instance = _guardian_label


def _guardian_label(guardianship):
    relation = guardianship.get_relation_display()
    return (
        f"{guardianship.guardian.full_name}({relation})"
        if relation
        else str(guardianship.guardian.full_name)
    )
