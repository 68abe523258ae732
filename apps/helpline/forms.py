"""What a student may ask and what staff may answer."""

import uuid

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.forms import ModelChoiceField

from apps.helpline import wording
from apps.helpline.models import DutyRoster
from apps.helpline.services import REPLY_LIMIT, WORDS_LIMIT
from apps.people.models import Role, School, User
from apps.people.permissions import CARING
from apps.vault.services import Reason

FORM_KEY = {"invalid": wording.OLD_PAGE, "required": wording.OLD_PAGE}
CHOICE = {"required": wording.CHOOSE, "invalid_choice": wording.UNKNOWN}


class WordsField(forms.CharField):
    """Text of several lines; a line's end counts as one character, as the page counts it."""

    def to_python(self, value):
        return super().to_python((value or "").replace("\r\n", "\n"))


class AskForm(forms.Form):
    """A wish to talk: with whom, about what (or not), in a few words (or none)."""

    wanted = forms.ChoiceField(choices=list(wording.WANTED.items()), error_messages=CHOICE)
    topic = forms.ChoiceField(
        choices=list(wording.TOPICS.items()), required=False, error_messages=CHOICE
    )
    words = WordsField(
        required=False,
        max_length=WORDS_LIMIT,
        error_messages={"max_length": wording.TOO_LONG},
    )
    form_key = forms.UUIDField(initial=uuid.uuid4, error_messages=FORM_KEY)


class ReasonForm(forms.Form):
    """Why the content is opened; the student and the guardian can read it."""

    reason = forms.ChoiceField(
        label="開く理由(本人と保護者も読めます)",
        choices=Reason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "開く理由をえらんでください。"},
    )


class ReplyForm(forms.Form):
    """A reply to a student. ``reason`` opens the request once more when the form comes back."""

    words = WordsField(
        label="返事(生徒が読みます)",
        max_length=REPLY_LIMIT,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": "返事の言葉を書いてください。"},
    )
    form_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    reason = forms.ChoiceField(choices=Reason.choices, widget=forms.HiddenInput)


class ContactField(ModelChoiceField):
    """A member of staff, named as the school's posts name them."""

    def label_from_instance(self, user):
        posts = [f"{post.name}({post.get_role_display()})" for post in user.current_posts]
        return "・".join(posts) or str(user)


class DutyForm(forms.ModelForm):
    """A school's roster; switched on only when the promise to look can be kept."""

    class Meta:
        model = DutyRoster
        fields = ["school", "first", "second", "last", "opens_at", "closes_at", "is_on"]
        field_classes = {"first": ContactField, "second": ContactField, "last": ContactField}

    def __init__(self, *args, schools=None, **kwargs):
        super().__init__(*args, **kwargs)
        schools = School.objects.none() if schools is None else schools
        if "school" in self.fields:
            self.fields["school"].queryset = schools
        staff = User.objects.filter(
            Q(staff_posts__school__in=schools), staff_posts__role__in=CARING | {Role.TEACHER}
        )
        for name in ("first", "second", "last"):
            self.fields[name].queryset = staff.filter(is_active=True).distinct()

    def clean(self):
        """Refuse to promise what nobody keeps: two contacts, a last responder, hours."""
        data = super().clean()
        if data.get("opens_at") and data.get("closes_at") and data["opens_at"] >= data["closes_at"]:
            raise ValidationError("見る時間のおわりは、はじまりより後にしてください。")
        if not data.get("is_on"):
            return data
        if not all(data.get(name) for name in ("first", "second", "last", "opens_at", "closes_at")):
            raise ValidationError(
                "受け付けるには、はじめの人・つぎの人・さいごの人と、見る時間を決めてください。"
            )
        if data["first"] == data["second"]:
            raise ValidationError("はじめの人とつぎの人は、別の人にしてください。")
        return data
