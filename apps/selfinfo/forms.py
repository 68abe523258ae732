"""Forms of わたしの情報, for guardians and for the city. A number of twelve digits is refused."""

import re

from django import forms

from apps.linkage.self_info_facts import PURPOSES
from apps.selfinfo.models import SelfInfoCode
from apps.selfinfo.reduction import has_individual_number
from apps.selfinfo.words import CHOOSE_PURPOSE, INDIVIDUAL_NUMBER_ENTERED, PURPOSE_NOT_OFFERED

CODE_FORMATS = {"name_code": re.compile("TM[0-9]{14}"), "item_code": re.compile("[0-9]{10}")}
MEANING_TAKEN = "この読み方のコードは、もう登録されています。"
ITEM_TAKEN = "このコードは、もう別の読み方で登録されています。"
CSRF_FIELD = "csrfmiddlewaretoken"  # noqa: S105 - the name of a field


class BeginSessionForm(forms.Form):
    """Which of the offered purposes to request this time. Nothing is typed."""

    purposes = forms.MultipleChoiceField(
        label="今回受け取る項目",
        choices=[(purpose, purpose) for purpose in PURPOSES],
        error_messages={"required": CHOOSE_PURPOSE, "invalid_choice": PURPOSE_NOT_OFFERED},
    )

    def clean(self):
        sent = (
            value for name in self.data for value in self.data.getlist(name) if name != CSRF_FIELD
        )
        if any(has_individual_number(value) for value in sent):
            self.add_error(
                None, INDIVIDUAL_NUMBER_ENTERED
            )  # whatever it was, it is not shown again
        return super().clean()


class SelfInfoCodeForm(forms.ModelForm):
    """One code as the city reads it in the specification."""

    class Meta:
        model = SelfInfoCode
        fields = ["meaning", "name_code", "item_code"]
        help_texts = {
            "name_code": "TM と 14けたの数字。国の仕様書(公開されていません)で確かめて入れます。",
            "item_code": "10けたの数字。",
        }

    def clean(self):
        data = super().clean()
        for name, form in CODE_FORMATS.items():
            typed = self.data.get(name, "")
            if has_individual_number(typed) and not form.fullmatch(typed):
                self.data = self.data.copy()
                self.data[name] = ""  # it is not shown on the page again either
                self.add_error(name, INDIVIDUAL_NUMBER_ENTERED)
        if not self.errors:
            self._refuse_doubles(data)
        return data

    def _refuse_doubles(self, data):
        """The municipality is not in the form, so Django does not check these unique constraints."""
        codes = SelfInfoCode.objects.filter(
            municipality=self.instance.municipality_id, is_trial=False
        ).exclude(pk=self.instance.pk)
        if codes.filter(meaning=data["meaning"]).exists():
            self.add_error("meaning", MEANING_TAKEN)
        if codes.filter(name_code=data["name_code"], item_code=data["item_code"]).exists():
            self.add_error("item_code", ITEM_TAKEN)
