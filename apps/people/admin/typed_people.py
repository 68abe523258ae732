"""The fields of a form in which staff type who somebody is."""

from django import forms

from apps.people.person_match_rules import TypedPerson

NAME_LENGTH, CONTACT_LENGTH = 60, 200
PARTS = ("family_name", "given_name", "family_kana", "given_kana", "mail", "phone")


def _typed(label, length=NAME_LENGTH, hint=""):
    widget = forms.TextInput(attrs={"autocomplete": "off"})
    return forms.CharField(
        label=label, required=False, max_length=length, help_text=hint, widget=widget
    )


class TypedPersonFields(forms.Form):
    """Name, reading, address and numbers of a person, each optional."""

    family_name = _typed("姓")
    given_name = _typed("名")
    family_kana = _typed("姓の読み")
    given_kana = _typed("名の読み")
    mail = _typed("メールアドレス", CONTACT_LENGTH)
    phone = _typed(
        "電話番号", CONTACT_LENGTH, "いくつかあるときは、「、」でつづけて書いてください。"
    )

    @property
    def person(self) -> TypedPerson:
        """Who it is, as it was typed."""
        return TypedPerson(**{name: self.cleaned_data.get(name, "") for name in PARTS})
