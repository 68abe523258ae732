"""Forms in which a newcomer with a child's letter describes themselves."""

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.templatetags.japanese import plain
from apps.core.text import has_invisible
from apps.people.models import Language, Relation
from apps.registration import name_rules
from apps.registration.services.newcomers import Newcomer

NOT_A_NAME = _("名前の文字で書いてください(漢字・かな・ローマ字など)。")
NOT_A_READING = _("カタカナかローマ字で書いてください。")
READING_MISSING = _("読みがなを書いてください。")
CHOICE_MISSING = _("どちらかをえらんでください。")
MAX_CONTACT_LENGTH = 200  # characters
CONTACT_TOO_LONG = _("%(limit_value)d字までで書いてください。")
CONTACT_ODD = _("見えない文字が入っています。書き直してください。")
YES = "yes"
YES_NO = [(YES, _("はい")), ("no", _("いいえ"))]


def _name(label, autocomplete, *, required=False, hint=""):
    return forms.CharField(
        label=label, required=required, max_length=name_rules.MAX_NAME_LENGTH, help_text=hint,
        widget=forms.TextInput(attrs={"autocomplete": autocomplete}),
        error_messages={"required": _("名前を書いてください。")},
    )  # fmt: skip


def _yes_no(label, hint=""):
    return forms.ChoiceField(
        label=label, choices=YES_NO, widget=forms.RadioSelect, help_text=hint,
        error_messages=dict.fromkeys(("required", "invalid_choice"), CHOICE_MISSING),
    )  # fmt: skip


def _relation_choices():
    """An option holds no markup."""
    return [
        ("", _("えらんでください")),
        *((code, plain(label)) for code, label in Relation.choices),
    ]


def _relation():
    return forms.ChoiceField(
        label=_("お子さんとの間柄"), choices=_relation_choices,
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("間柄をえらんでください。")),
    )  # fmt: skip


class PrivacyForm(forms.Form):
    """Who may learn of the registration: asked of everybody who registers with a letter."""

    has_secret = _yes_no(
        _("この子のことを、知られては困る人がいますか"),
        _("「はい」のとき、登録のことはだれにも知らせません。学校の管理職が、あなたに連絡します。"),
    )
    safe_contact = forms.CharField(
        label=_("安全に連絡できる電話番号や時間"), required=False, max_length=MAX_CONTACT_LENGTH,
        help_text=_("「はい」のときだけ。書かなくてもかまいません。学校の管理職と市の担当者だけが見ます。"
        "学校は、家にある番号には電話しません。"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"max_length": CONTACT_TOO_LONG},
    )  # fmt: skip
    tells_others = forms.ChoiceField(
        label=_("ほかの保護者の方がいるとき、「保護者がもう一人登録した」と知らせてもよいですか"),
        choices=[("yes", _("知らせてもよい")), ("no", _("知らせない"))],
        widget=forms.RadioSelect, required=False, help_text=_("名前や間柄は知らせません。「知らせない」のときは、確かめに時間がかかることがあります。"),
        error_messages={"invalid_choice": CHOICE_MISSING},
    )  # fmt: skip

    def clean_safe_contact(self):
        text = self.cleaned_data["safe_contact"]
        if has_invisible(text):
            raise forms.ValidationError(CONTACT_ODD)
        return text

    def clean(self):
        cleaned = super().clean()
        is_asked = cleaned.get("has_secret") == "no" and "tells_others" not in self.errors
        if is_asked and not cleaned.get("tells_others"):
            self.add_error("tells_others", CHOICE_MISSING)
        return cleaned

    def known_to(self) -> dict:
        """The privacy answers, as the services take them; nobody is told where there is a secret."""
        answers = self.cleaned_data
        has_secret = answers["has_secret"] == YES
        return {
            "has_secret": has_secret,
            "tells_others": answers["tells_others"] == YES and not has_secret,
            "safe_contact": answers["safe_contact"] if has_secret else "",
        }


class RelationshipForm(PrivacyForm):
    """The privacy answers and the person's relation to the child."""

    relation = _relation()
    field_order = ("relation",)

    def newcomer(self, *, on_students_device: bool, staff_on_device=()) -> Newcomer:
        """The answers as a Newcomer, for the service."""
        answers = self.cleaned_data
        names = ("family_name", "given_name", "family_kana", "given_kana", "language")
        return Newcomer(
            relation=answers["relation"], on_students_device=on_students_device,
            staff_on_device=tuple(staff_on_device), **self.known_to(),
            **{name: answers.get(name, "") for name in names},
        )  # fmt: skip


class NamesForm(forms.Form):
    """A name in any script, and its reading."""

    family_name = _name(_("姓(名字)"), "family-name", required=True)
    given_name = _name(
        _("名"), "given-name", hint=_("名前が一つだけの方は、上の欄だけに書いてください。")
    )
    family_kana = _name(_("姓の読みがな"), "off", hint=_("カタカナかローマ字で。"))
    given_kana = _name(_("名の読みがな"), "off")

    def clean_family_name(self):
        return self._named("family_name")

    def clean_given_name(self):
        return self._named("given_name")

    def clean_family_kana(self):
        return self._read("family_kana", "family_name")

    def clean_given_kana(self):
        return self._read("given_kana", "given_name")

    def _named(self, field):
        name = name_rules.clean_name(self.cleaned_data[field])
        if name and not name_rules.is_name(name):
            raise forms.ValidationError(NOT_A_NAME)
        return name

    def _read(self, field, of):
        reading = name_rules.clean_reading(self.cleaned_data[field])
        if reading and not name_rules.is_reading(reading):
            raise forms.ValidationError(NOT_A_READING)
        if len(reading) > name_rules.MAX_NAME_LENGTH:
            raise forms.ValidationError(NOT_A_READING)
        if not reading and name_rules.needs_reading(self.cleaned_data.get(of, "")):
            raise forms.ValidationError(READING_MISSING)
        return reading


class NewcomerForm(NamesForm, RelationshipForm):
    """The relation to the child, the newcomer's name, its reading and the language."""

    language = forms.ChoiceField(label=_("話しやすい言葉"), choices=Language.choices)
    field_order = ("family_name", "given_name", "family_kana", "given_kana", "relation", "language")
