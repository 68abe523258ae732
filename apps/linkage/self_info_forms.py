"""What a guardian or the city may say about わたしの情報. A number of twelve digits is refused."""

import re

from django import forms

from apps.linkage.models import SelfInfoCode
from apps.linkage.self_info_reducing import PURPOSES, has_number
from apps.linkage.self_info_words import CHOOSE, NOT_ASKED, NUMBER_TYPED

FORMS = {"name_code": re.compile("TM[0-9]{14}"), "item_code": re.compile("[0-9]{10}")}
MEANS_TWICE = "この読み方のコードは、もう登録されています。"
ITEM_TWICE = "このコードは、もう別の読み方で登録されています。"
TOKEN = "csrfmiddlewaretoken"  # noqa: S105 - the name of a field


class BeginForm(forms.Form):
    """Which of the offered purposes to ask for this time. Nothing is typed."""

    purposes = forms.MultipleChoiceField(
        label="今回受け取る項目",
        choices=[(purpose, purpose) for purpose in PURPOSES],
        error_messages={"required": CHOOSE, "invalid_choice": NOT_ASKED},
    )

    def clean(self):
        sent = (value for name in self.data for value in self.data.getlist(name) if name != TOKEN)
        if any(has_number(value) for value in sent):
            self.add_error(None, NUMBER_TYPED)  # whatever it was, it is not shown again
        return super().clean()


class CodeForm(forms.ModelForm):
    """One code as the city reads it in the specification."""

    class Meta:
        model = SelfInfoCode
        fields = ["means", "name_code", "item_code"]
        help_texts = {
            "name_code": "TM と 14けたの数字。国の仕様書(公開されていません)で確かめて入れます。",
            "item_code": "10けたの数字。",
        }

    def clean(self):
        data = super().clean()
        for name, form in FORMS.items():
            typed = self.data.get(name, "")
            if has_number(typed) and not form.fullmatch(typed):
                self.data = self.data.copy()
                self.data[name] = ""  # it does not come back on the page either
                self.add_error(name, NUMBER_TYPED)
        if not self.errors:
            self._refuse_doubles(data)
        return data

    def _refuse_doubles(self, data):
        """The city is no field of the form, so Django does not ask these of the database."""
        mine = SelfInfoCode.objects.filter(
            municipality=self.instance.municipality_id, is_trial=False
        ).exclude(pk=self.instance.pk)
        if mine.filter(means=data["means"]).exists():
            self.add_error("means", MEANS_TWICE)
        if mine.filter(name_code=data["name_code"], item_code=data["item_code"]).exists():
            self.add_error("item_code", ITEM_TWICE)
