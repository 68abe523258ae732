"""The forms of a page, and what somebody sends who fills them in with ordinary words."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

WORDS = "れいの ことば です"
ORDINARY = {
    "number": "1", "date": "2026-12-04", "time": "10:00", "email": "rei@example.com",
    "url": "https://example.com/", "tel": "0761-00-0000", "datetime-local": "2026-12-04T10:00",
}  # fmt: skip
CHOSEN = ("checkbox", "radio")
NOT_SENT = ("submit", "button", "image", "reset", "file")


@dataclass
class FilledForm:
    """One form: where it goes, its fields as they stand, and its buttons."""

    action: str
    method: str
    fields: dict = field(default_factory=dict)
    buttons: list = field(default_factory=list)
    radios: dict = field(default_factory=dict)
    has_file: bool = False

    def filled(self, button):
        """What is sent with this (name, value) button: empty text filled in, a choice made."""
        chosen = {name: options[0] for name, options in self.radios.items()}
        found = chosen | {name: value for name, value in self.fields.items() if value is not None}
        return found | ({button[0]: button[1]} if button[0] else {})


class _FilledFormReader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.forms, self.form, self.select, self.area = [], None, None, None

    def handle_starttag(self, tag, attrs):
        have = dict(attrs)
        if tag == "form":
            self.form = FilledForm(have.get("action") or "", (have.get("method") or "get").lower())
            self.forms.append(self.form)
        if self.form is None:
            return
        name, kind = have.get("name") or "", have.get("type", "text")
        if tag == "button" or (tag == "input" and kind == "submit"):
            self.form.buttons.append((name, have.get("value") or ""))
        elif tag == "select":
            self.select = name
            self.form.fields[name] = None
        elif tag == "option" and self.select is not None:
            value = have.get("value") or ""
            if "selected" in have or (value and not self.form.fields[self.select]):
                self.form.fields[self.select] = value
        elif tag == "textarea":
            self.area = name
            self.form.fields[name] = WORDS
        elif tag == "input" and name:
            self._input(name, kind, have)

    def _input(self, name, kind, have):
        value = have.get("value")
        if kind == "file":
            self.form.has_file = True
        elif kind in CHOSEN:
            if "checked" in have:
                self.form.fields[name] = value or "on"
            elif kind == "radio":
                self.form.radios.setdefault(name, []).append(value or "on")
        elif kind not in NOT_SENT:
            self.form.fields[name] = value or (
                "" if kind == "hidden" else ORDINARY.get(kind, WORDS)
            )

    def handle_endtag(self, tag):
        if tag == "form":
            self.form = None
        self.select = None if tag == "select" else self.select
        self.area = None if tag == "textarea" else self.area


def posts_of(text):
    """[(action, data)] of what the forms of a page send by POST, one for each button."""
    reader = _FilledFormReader()
    reader.feed(text)
    return [
        (form.action, form.filled(button))
        for form in reader.forms
        if form.method == "post" and not form.has_file
        for button in dict.fromkeys(form.buttons or [("", "")])
    ]
