"""Forms of the helpdesk: a question entered for a caller, a reply, an act, a text to answer with."""

import uuid

from django import forms

from apps.helpdesk.models import AnswerTemplate, AskerSide, ReplyWay, SupportTopic
from apps.helpdesk.services.issues import TITLE_LIMIT, WORDS_LIMIT
from apps.helpdesk.services.question_queue import REPLY_LIMIT
from apps.helpdesk.services.questions import TEXT_LIMIT
from apps.helpline.forms import WordsField
from apps.people.models import School


class EnterQuestionForm(forms.Form):
    """What somebody asks on the telephone; staff write it down."""

    use_required_attribute = False
    form_key = forms.UUIDField(widget=forms.HiddenInput)
    side = forms.ChoiceField(choices=AskerSide.choices)
    topic = forms.ChoiceField(choices=SupportTopic.choices)
    school = forms.ModelChoiceField(queryset=School.objects.none(), required=False)
    text = WordsField(max_length=TEXT_LIMIT, widget=forms.Textarea(attrs={"rows": 4}))
    reply_way = forms.ChoiceField(choices=ReplyWay.choices)
    mail = forms.EmailField(required=False, max_length=254)

    def __init__(self, *args, schools, student=None, **kwargs):
        super().__init__(*args, **kwargs)
        labels = {
            "side": "だれから", "topic": "何のことですか", "school": "学校",
            "text": "聞かれたこと", "reply_way": "返事の受け取り方",
            "mail": "メールアドレス",
        }  # fmt: skip
        for name, label in labels.items():
            self.fields[name].label = label
        self.fields["school"].queryset = schools
        self.fields["form_key"].initial = uuid.uuid4
        if student is not None:
            del self.fields["side"], self.fields["school"]
        if student is None or student.user_id is None:
            self.fields["reply_way"].choices = [
                choice for choice in ReplyWay.choices if choice[0] != ReplyWay.INBOX
            ]


class SupportReplyForm(forms.Form):
    """The reply, in plain words."""

    text = WordsField(max_length=REPLY_LIMIT, widget=forms.Textarea(attrs={"rows": 6}), label="")
    form_key = forms.UUIDField(widget=forms.HiddenInput)
    version = forms.IntegerField(widget=forms.HiddenInput)


class QuestionVersionForm(forms.Form):
    """An act on a question as its page showed it."""

    version = forms.IntegerField()


class QuestionHandOverForm(QuestionVersionForm):
    """Who reads the words depends on the answer, so that none is assumed."""

    is_about_adult = forms.TypedChoiceField(
        choices=[("yes", ""), ("no", "")], coerce=lambda value: value == "yes"
    )


class IssueFromQuestionForm(forms.Form):
    """An issue, in the words of the helpdesk; it names nobody."""

    title = forms.CharField(max_length=TITLE_LIMIT, label="課題(80字まで)")
    words = WordsField(
        max_length=WORDS_LIMIT, required=False, label="くわしく(500字まで)",
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


class AnswerTemplateForm(forms.ModelForm):
    """A text of the helpdesk."""

    class Meta:
        model = AnswerTemplate
        fields = ["topic", "title", "body"]
        help_texts = {"body": "だれのことも書かないでください。"}
