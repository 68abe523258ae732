"""Forms of meetings: the agenda, the day, the minutes of one case."""

import uuid

from django import forms

from apps.cases.forms import PAGE_TOO_OLD, CaseNoteForm, day_field
from apps.cases.models import MeetingKind
from apps.cases.services.meeting_minutes import OUTSIDE_LIMIT, attendees_for, post_label
from apps.core.clock import today

NEW_MEETING = "new"


class CallMeetingForm(forms.Form):
    """A new meeting, or one to come, for the picked cases."""

    form_key = forms.UUIDField(
        widget=forms.HiddenInput,
        initial=uuid.uuid4,
        error_messages={"required": PAGE_TOO_OLD, "invalid": PAGE_TOO_OLD},
    )
    meeting = forms.ChoiceField(
        label="どの会議",
        widget=forms.RadioSelect,
        initial=NEW_MEETING,
        error_messages={
            "required": "会議を選んでください。",
            "invalid_choice": "この会議には、もう入れられません。",
        },
    )
    kind = forms.ChoiceField(
        label="種類(新しい会議)", choices=MeetingKind.choices, initial=MeetingKind.CASE,
        widget=forms.RadioSelect, error_messages={"required": "種類を選んでください。"},
    )  # fmt: skip
    held_on = day_field("会議の日(新しい会議)")

    def __init__(self, *args, meetings=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.meetings = {str(one.pk): one for one in meetings}
        known = [(pk, str(one)) for pk, one in self.meetings.items()]
        self.fields["meeting"].choices = [(NEW_MEETING, "新しい会議"), *known]
        self.fields["held_on"].initial = today
        if self.is_bound and self.data.get("meeting") in self.meetings:
            self.fields["kind"].required = self.fields["held_on"].required = False

    @property
    def chosen(self):
        """The chosen meeting; None for a new one."""
        return self.meetings.get(self.cleaned_data["meeting"])


class MoveMeetingForm(forms.Form):
    held_on = day_field("会議の日")


class _PostsField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, post):
        return post_label(post)


class MinutesForm(CaseNoteForm):
    """What was said about one case, and who was there."""

    present: forms.ModelMultipleChoiceField = _PostsField(
        label="いた人(学校と市の職員)", queryset=None, required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "この学校と市の職員から選んでください。"},
    )  # fmt: skip
    outside = forms.CharField(
        label="ほかの機関からの人", max_length=OUTSIDE_LIMIT, required=False,
        help_text="名前ではなく、立場を書きます(児童相談所の職員、主任児童委員など)。",
    )  # fmt: skip
    corrects = forms.BooleanField(
        label="前の記録を直す",
        required=False,
        help_text="前の記録は消えません。直したものとして、ならんで残ります。",
    )
    field_order = ["form_key", "present", "outside", "words", "corrects"]
    heading, button, words_label = "会議の記録を書く", "記録を残す", "話したこと"
    words_help = "決めたことは「判断を書く」へ。ここには、なぜそうなったかを書きます。"

    def __init__(self, *args, case, item, **kwargs):
        super().__init__(*args, case=case, **kwargs)
        self.item = item
        self.fields["present"].queryset = attendees_for(item.meeting)
        if not item.minutes.exists():
            del self.fields["corrects"]
