"""The form in which somebody asks how the portal works."""

import uuid
from datetime import timedelta

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core import clock, signed_tokens
from apps.core.templatetags.japanese import ruby
from apps.helpdesk.models import AskerSide, ReplyWay, SupportTopic
from apps.helpdesk.services.questions import TEXT_LIMIT, TEXT_LIMIT_OF_STUDENTS
from apps.helpline.forms import WordsField

TOKEN_PURPOSE, VALID_FOR = "helpdesk.ask", timedelta(days=1)
TOO_FAST = timedelta(seconds=2)  # nobody reads and fills in the form so fast
PAGE_TOO_OLD = gettext_lazy("ページが古くなっています。もう一度送ってください。")
TRY_AGAIN = gettext_lazy("まだ送っていません。もう一度、送ってください。")
CHOOSE = gettext_lazy("どれか一つを選んでください。")
CHOICE_ERRORS = {"required": CHOOSE, "invalid_choice": CHOOSE}


def new_form_key() -> str:
    """A signed one-time key of a form, with the time at which it was shown."""
    return signed_tokens.sign_token(TOKEN_PURPOSE, f"{uuid.uuid4()} {clock.now().timestamp():.3f}")


class SupportQuestionForm(forms.Form):
    """What it is about, at which school, in own words, and how the answer comes.

    ``website`` is shown to nobody: programs fill it in. ``schools``: those to choose from.
    """

    use_required_attribute = False
    form_key = forms.CharField(
        widget=forms.HiddenInput, error_messages={"required": PAGE_TOO_OLD}, max_length=200
    )
    side = forms.ChoiceField(
        choices=AskerSide.choices, widget=forms.RadioSelect, error_messages=CHOICE_ERRORS
    )
    topic = forms.ChoiceField(
        choices=SupportTopic.choices, widget=forms.RadioSelect, error_messages=CHOICE_ERRORS
    )
    school = forms.ChoiceField(required=False, error_messages=CHOICE_ERRORS)
    text = WordsField(max_length=TEXT_LIMIT, widget=forms.Textarea(attrs={"rows": 4}))
    reply_way = forms.ChoiceField(
        choices=ReplyWay.choices, widget=forms.RadioSelect, error_messages=CHOICE_ERRORS
    )
    mail = forms.EmailField(required=False, max_length=254)
    website = forms.CharField(required=False, max_length=200)

    def __init__(self, *args, group, schools, needs_school, may_mail, **kwargs):
        super().__init__(*args, **kwargs)
        self.schools = {str(school.pk): school for school in schools}
        self._label(group)
        school = self.fields["school"]
        school.required = needs_school
        school.choices = [("", _("選ばない")), *((pk, s.name) for pk, s in self.schools.items())]
        if group:
            del self.fields["side"], self.fields["mail"]
        if group == "student" or not self.schools:
            del self.fields["school"]
        ways = [way for way in ReplyWay if self._is_offered(way, group, may_mail)]
        self.fields["reply_way"].choices = [(way.value, way.label) for way in ways]

    def _is_offered(self, way, group, may_mail):
        if way == ReplyWay.INBOX:
            return bool(group)
        return way != ReplyWay.MAIL or not group or may_mail

    def _label(self, group):
        limit = TEXT_LIMIT_OF_STUDENTS if group == "student" else TEXT_LIMIT
        labels = {
            "side": _("あなたは"),
            "topic": _("何のことですか"),
            "school": _("学校"),
            "text": _("わからないこと・困っていること(%(limit)s字まで)") % {"limit": limit},
            "reply_way": _("返事の受け取り方"),
            "mail": _("メールアドレス"),
        }
        for name, label in labels.items():
            self.fields[name].label = ruby(label)
        self.fields["text"].help_text = ruby(
            _("名前や住所、体や気持ちのことは、書かなくていいです。")
        )
        self.fields["mail"].help_text = ruby(
            _("「メールで受け取る」を選んだときだけ書きます。先に、確かめるメールが届きます。")
        )
        sentence = ruby(_("%(limit)s字までで書いてください。") % {"limit": limit})
        self.fields["text"].error_messages |= {
            "max_length": sentence,
            "required": ruby(_("何がわからないかを書いてください。")),
        }
        self.fields["mail"].error_messages["invalid"] = ruby(_("メールアドレスの形がちがいます。"))

    def clean_form_key(self):
        """The key, of a page that is neither too old nor answered faster than anybody could."""
        found = signed_tokens.read_token(TOKEN_PURPOSE, self.cleaned_data["form_key"], VALID_FOR)
        key, _space, shown_at = (found or "").partition(" ")
        if not shown_at:
            raise forms.ValidationError(PAGE_TOO_OLD)
        if clock.now().timestamp() - float(shown_at) < TOO_FAST.total_seconds():
            raise forms.ValidationError(TRY_AGAIN)
        return uuid.UUID(key)

    @property
    def is_from_a_program(self) -> bool:
        """Whether the field that nobody sees was filled in."""
        return bool(self.cleaned_data.get("website"))

    def asked(self):
        """The arguments of ask_question."""
        found = self.cleaned_data
        return {
            "side": found.get("side", ""),
            "topic": found["topic"],
            "text": found["text"],
            "reply_way": found["reply_way"],
            "form_key": found["form_key"],
            "school": self.schools.get(found.get("school", "")),
            "mail": found.get("mail", ""),
        }
