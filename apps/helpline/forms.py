"""Forms of help requests, duty rosters, approvals and drills."""

import re
import uuid

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Prefetch, Q
from django.forms import BaseInlineFormSet, ModelChoiceField

from apps.core.clock import today
from apps.helpline import staff_words
from apps.helpline import words as wording
from apps.helpline.models import (
    AnswerWay,
    ApproverRole,
    DutyPerson,
    DutyRoster,
    MeetingAnswer,
    Topic,
    WantedRole,
)
from apps.helpline.services.duty_rosters import (
    CONTACT_LABELS,
    SAME_PERSON,
    callable_people_at,
    has_duplicate_person,
)
from apps.helpline.services.talk import PLACE_LIMIT
from apps.helpline.services.transitions import KEPT_WORDS_LIMIT, REPLY_LIMIT, WORDS_LIMIT
from apps.people.models import Role, School, StaffPost, User
from apps.people.permission_tables import CARING_ROLES
from apps.vault.services.sealed_content import OpeningReason

FORM_KEY_ERRORS = {"invalid": wording.PAGE_TOO_OLD, "required": wording.PAGE_TOO_OLD}
CHOICE_ERRORS = {"required": wording.CHOOSE, "invalid_choice": wording.UNKNOWN_CHOICE}
NOT_WORKING_HERE = "いまこの学校の担当ではありません。別の人にしてください。"
KANJI_PATTERN = re.compile(r"[\u4e00-\u9fff々]")
RUBY_PATTERN = re.compile(r"｜[^｜《》]+《[^｜《》]+》")


class WordsField(forms.CharField):
    """Multi-line text; a line break counts as one character, as the page counts it."""

    def to_python(self, value):
        return super().to_python((value or "").replace("\r\n", "\n"))


class HelpRequestForm(forms.Form):
    """A help request: with whom, about what (optional), in own words (optional).

    ``listed`` are the DutyPersons the school lists by name; no other can be chosen. ``has_route``:
    the city has people outside the school for what an adult at school did. Whom a student does not
    want to see it is words, never a list of names.
    """

    wanted = forms.ChoiceField(choices=list(wording.WANTED.items()), error_messages=CHOICE_ERRORS)
    topic = forms.ChoiceField(
        choices=list(wording.TOPICS.items()), required=False, error_messages=CHOICE_ERRORS
    )
    words = WordsField(
        required=False,
        max_length=WORDS_LIMIT,
        error_messages={"max_length": wording.TOO_LONG},
    )
    keeps_out = forms.BooleanField(required=False)
    kept_words = WordsField(
        required=False,
        max_length=KEPT_WORDS_LIMIT,
        error_messages={"max_length": wording.TOO_LONG},
    )
    friend_name = WordsField(
        required=False,
        max_length=KEPT_WORDS_LIMIT,
        error_messages={"max_length": wording.TOO_LONG},
    )
    answer_way = forms.ChoiceField(
        choices=AnswerWay.choices, required=False, error_messages=CHOICE_ERRORS
    )
    form_key = forms.UUIDField(initial=uuid.uuid4, error_messages=FORM_KEY_ERRORS)

    def __init__(self, *args, listed=(), has_route=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.has_route = has_route
        if has_route:
            topics = self.fields["topic"].choices
            self.fields["topic"].choices = [*topics, (Topic.ADULT.value, wording.ADULT_TOPIC)]
        self.listed = [(f"person:{one.pk}", one.shown_name) for one in listed]
        self.wanted_choices = [*wording.WANTED.items(), *self.listed]
        self.fields["wanted"].choices = self.wanted_choices

    def clean_answer_way(self):
        """A form that waited on a tablet may not ask."""
        return self.cleaned_data["answer_way"] or AnswerWay.HERE

    def answer_choices(self):
        """[(value, label, what it means)] of how the answer comes."""
        return [(value, *wording.ANSWER_WAYS[value]) for value in AnswerWay.values]

    def clean(self):
        """Split the choice into role or listed person."""
        data = super().clean()
        kind, _, pk = data.get("wanted", "").partition(":")
        if pk:
            data |= {"wanted": WantedRole.LISTED, "person": uuid.UUID(pk)}
        else:
            data["wanted"] = kind
        return data


class WriteBackForm(forms.Form):
    """What a student writes back in a talk: words, or an answer to the meeting of a reply."""

    words = WordsField(
        required=False, max_length=WORDS_LIMIT, error_messages={"max_length": wording.TOO_LONG}
    )
    reply = forms.UUIDField(required=False, error_messages=FORM_KEY_ERRORS)
    answer = forms.ChoiceField(
        choices=MeetingAnswer.choices, required=False, error_messages=CHOICE_ERRORS
    )
    form_key = forms.UUIDField(error_messages=FORM_KEY_ERRORS)

    def clean(self):
        """An answer belongs to a reply."""
        data = super().clean()
        if bool(data.get("reply")) != bool(data.get("answer")):
            self.add_error("answer", wording.UNKNOWN_CHOICE)
        return data


class HiddenRequestForm(forms.Form):
    """Which hidden request the student wants to see again."""

    pk = forms.UUIDField(widget=forms.HiddenInput)


class _OpenedForm(forms.Form):
    """``reason`` opens the request again when the form is shown with errors."""

    form_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    reason = forms.ChoiceField(choices=OpeningReason.choices, widget=forms.HiddenInput)
    seen = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)


class ReplyForm(_OpenedForm):
    """A reply to a student."""

    words = WordsField(
        label="返事(生徒が読みます)",
        max_length=REPLY_LIMIT,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": "返事の言葉を書いてください。"},
    )
    meet_on = forms.DateField(
        label="話す日",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"invalid": "日付を 2026-11-24 の形で書いてください。"},
    )
    meet_at = forms.TimeField(
        label="時間",
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": "時間を 12:30 の形で書いてください。"},
    )
    meet_place = forms.CharField(
        label="場所",
        required=False,
        max_length=PLACE_LIMIT,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def meeting_fields(self):
        """The bound fields of a proposed meeting."""
        return [self[name] for name in ("meet_on", "meet_at", "meet_place")]


class CloseRequestForm(_OpenedForm):
    """The note needed to close a request."""

    words = WordsField(
        label="どうしたか(職員だけが読みます)",
        max_length=REPLY_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "どうしたかを書いてください。書かずに おわりには できません。"},
    )


# -- duty roster ----------------------------------------------------------------------------------


class ContactField(ModelChoiceField):
    """A choice of staff, labelled with name and role."""

    def label_from_instance(self, user):
        posts = [f"{post.name}({post.get_role_display()})" for post in user.current_posts]
        return "・".join(posts) or str(user)


def staff_accounts_at(schools):
    """The accounts of people who work with students at these schools today.

    And accounts a roster there still names, so that the form keeps them.
    """
    able = StaffPost.objects.current().filter(
        school__in=schools, role__in=CARING_ROLES | {Role.TEACHER}
    )
    found = Q(pk__in=able.values("user"), is_active=True)
    rosters = DutyRoster.objects.filter(school__in=schools)
    for place in ("first", "second", "last", "people__person"):
        found |= Q(pk__in=rosters.exclude(**{place: None}).values(place))
    posts = StaffPost.objects.current().select_related("school", "school_class")
    named = User.objects.filter(found).order_by("email")  # not as they last signed in
    return named.prefetch_related(Prefetch("staff_posts", posts, to_attr="current_posts"))


class DutyRosterForm(forms.ModelForm):
    """Who is called in which order and after how long. Switching on is another page."""

    class Meta:
        model = DutyRoster
        fields = ["school", "first", "second", "last", "second_after", "last_after", "all_after"]
        field_classes = dict.fromkeys(("first", "second", "last"), ContactField)

    def __init__(self, *args, schools=None, **kwargs):
        super().__init__(*args, **kwargs)
        schools = School.objects.none() if schools is None else schools
        if "school" in self.fields:
            self.fields["school"].queryset = schools
        for name in ("first", "second", "last"):
            if name in self.fields:
                self.fields[name].queryset = staff_accounts_at(schools)
                self.fields[name].error_messages["invalid_choice"] = NOT_WORKING_HERE

    def clean(self):
        """A roster that is on must keep its contacts."""
        data = super().clean()
        if self.instance.is_on and not all(data.get(n) for n in ("first", "second", "last")):
            raise ValidationError(
                "受け付けているあいだは、はじめの人・つぎの人・さいごの人を空にできません。"
            )
        people = [data[name].pk for name in CONTACT_LABELS if data.get(name)]
        if len(set(people)) == len(people) and has_duplicate_person(people):
            self.add_error(None, SAME_PERSON)
        if self.instance.is_on:
            self._only_who_works_here(data)
        return data

    def _only_who_works_here(self, data):
        """New contacts must hold a post at the school today."""
        able = callable_people_at(self.instance.school_id)
        for name in {"first", "second", "last"} & set(self.changed_data):
            if data[name].pk not in able:
                self.add_error(name, NOT_WORKING_HERE)


class DutyHoursFormSet(BaseInlineFormSet):
    """The week's hours; at least one while the roster is on."""

    def clean(self):
        super().clean()
        usable = [
            form
            for form in self.forms
            if form.cleaned_data.get("opens_at") and not form.cleaned_data.get("DELETE")
        ] if not any(self.errors) else [1]  # fmt: skip
        if self.instance.is_on and not usable:
            raise ValidationError("受け付けているあいだは、見る時間をすべて消すことはできません。")


class DutyPersonForm(forms.ModelForm):
    """Somebody students may choose; a listed name needs its reading."""

    class Meta:
        model = DutyPerson
        fields = ["person", "answers_as", "is_listed", "shown_name"]
        field_classes = {"person": ContactField}

    def clean_shown_name(self):
        name = self.cleaned_data["shown_name"].strip()
        if KANJI_PATTERN.search(RUBY_PATTERN.sub("", name)):
            raise ValidationError(
                staff_words.NAME_NEEDS_READING % {"example": staff_words.EXAMPLE_NAME}
            )
        return name


class ApprovalForm(forms.Form):
    """Who approved the sentences and the order of calling."""

    name = forms.CharField(label="確認した人の名前", max_length=80)
    role = forms.ChoiceField(label="立場", choices=ApproverRole.choices, widget=forms.RadioSelect)
    approved_on = forms.DateField(
        label="確認した日", initial=today, widget=forms.DateInput(attrs={"type": "date"})
    )
    has_read = forms.BooleanField(
        label="この人が、上の言葉と知らせる順をすべて読み、これでよいと確認しました",
        error_messages={"required": "確認したら、しるしを付けてください。"},
    )


class DrillForm(forms.Form):
    """The form key of a drill, and whether its waits are shortened."""

    form_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    quick = forms.BooleanField(label="待ち時間を短くする(1分・2分・3分)", required=False)
