"""Forms for signing in."""

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.signin.words import pin_problem_words


class TypedCodeForm(forms.Form):
    """A card's or letter's code, typed from paper."""

    code = forms.CharField(
        label=_("番号"),
        max_length=60,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
        error_messages={"required": _("番号を入れてください。")},
    )


def _pin_field(label):
    return forms.CharField(
        label=label,
        max_length=6,
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": _("暗証番号を入れてください。")},
    )


class PinForm(forms.Form):
    pin = _pin_field(_("暗証番号"))


class _ChosenPinForm(forms.Form):
    """A PIN that the student chooses, written twice: in ``chosen``, the name of a field, and again."""

    chosen = "pin"

    def clean(self):
        cleaned = super().clean()
        pin = cleaned.get(self.chosen)
        if pin and (problem := pin_problem_words(pin)):
            self.add_error(self.chosen, problem)
        elif pin and pin != cleaned.get("again"):
            self.add_error("again", _("1回目と違います。"))
        return cleaned


class FirstPinForm(_ChosenPinForm):
    pin = _pin_field(_("あなただけの暗証番号"))
    again = _pin_field(_("もう一度"))


class ChangePinForm(_ChosenPinForm):
    """A new PIN, behind the present one."""

    chosen = "new_pin"
    pin = _pin_field(_("今の暗証番号"))
    new_pin = _pin_field(_("新しい暗証番号"))
    again = _pin_field(_("新しい番号をもう一度"))


class LinkForm(forms.Form):
    """Which pages of ours a platform shall list: one, or several where it takes them."""

    sealed = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args, choices, takes_several, **kwargs):
        super().__init__(*args, **kwargs)
        field = forms.MultipleChoiceField if takes_several else forms.ChoiceField
        widget = forms.CheckboxSelectMultiple if takes_several else forms.RadioSelect
        self.fields["pages"] = field(
            label=_("開くページ"), choices=choices, widget=widget,
            error_messages={"required": _("ページを選んでください。")},
        )  # fmt: skip

    def clean_pages(self):
        """The chosen pages as a list."""
        pages = self.cleaned_data["pages"]
        return [pages] if isinstance(pages, str) else pages
