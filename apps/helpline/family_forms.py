"""The form of a guardian's wish to talk."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.templatetags.japanese import ruby
from apps.core.text import is_blank
from apps.helpline.forms import FORM_KEY_ERRORS, WordsField
from apps.helpline.models import FamilyTopic, ReachWay
from apps.helpline.services.family_requests import (
    CONTACT_LIMIT,
    HOURS_LIMIT,
    NEEDS_CONTACT,
    WORDS_LIMIT,
)

CHOOSE = gettext_lazy("どれか一つを選んでください。")
CHOICE_ERRORS = {"required": CHOOSE, "invalid_choice": CHOOSE}


class FamilyRequestForm(forms.Form):
    """To whom, how to be reached, and, if they like, about what and in own words."""

    form_key = forms.UUIDField(widget=forms.HiddenInput, error_messages=FORM_KEY_ERRORS)
    recipient = forms.ChoiceField(widget=forms.RadioSelect, error_messages=CHOICE_ERRORS)
    way = forms.ChoiceField(
        choices=ReachWay.choices, widget=forms.RadioSelect, error_messages=CHOICE_ERRORS
    )
    contact = forms.CharField(max_length=CONTACT_LIMIT, required=False)
    hours = forms.CharField(max_length=HOURS_LIMIT, required=False)
    topic = forms.ChoiceField(required=False, error_messages=CHOICE_ERRORS)
    words = WordsField(
        max_length=WORDS_LIMIT, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *args, recipients, **kwargs):
        super().__init__(*args, **kwargs)
        labels = {
            "recipient": _("だれに相談しますか"),
            "way": _("どうやって連絡するとよいですか"),
            "contact": _("電話番号かメールアドレス"),
            "hours": _("連絡してよい日や時間"),
            "topic": _("何のことですか"),
            "words": _("伝えたいこと"),
        }
        for name, label in labels.items():
            self.fields[name].label = ruby(label)
        self.fields["contact"].help_text = ruby(
            _("電話かメールでの連絡を選んだときは、書いてください。")
        )
        self.fields["recipient"].choices = [(one.value, one.label) for one in recipients]
        self.fields["topic"].choices = [("", _("選ばない")), *FamilyTopic.choices]
        for name, limit in (
            ("contact", CONTACT_LIMIT), ("hours", HOURS_LIMIT), ("words", WORDS_LIMIT),
        ):  # fmt: skip
            sentence = ruby(_("%(limit)s字までで書いてください。") % {"limit": limit})
            self.fields[name].error_messages["max_length"] = sentence

    def clean(self):
        told = super().clean()
        is_far = told.get("way") in (ReachWay.PHONE, ReachWay.MAIL)
        if is_far and "contact" not in self.errors and is_blank(told.get("contact", "")):
            self.add_error("contact", str(NEEDS_CONTACT))
        return told
