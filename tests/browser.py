"""A client that does what a browser does with a form: it posts what the page was drawn with."""

import re
from html.parser import HTMLParser

from django.test import Client

from apps.core.edit_conflicts import FIELD_NAME

SEEN = re.compile("^/admin/.*(/approve/|/publish/|/supportorganisation/[^/]+/look/)$")
CHANGES = re.compile("^/admin/.*(/change/|/delete/|/enter/|/ways/[^/]+/)$")


class Browser(Client):
    """A change form that is posted carries what its page was opened as.

    A test of two people says itself what was opened, with ``opened_as`` or ``seen``.
    """

    def post(self, path, data=None, *args, **kwargs):
        if CHANGES.search(path) and isinstance(data, dict) and FIELD_NAME not in data:
            page = self.get(path)
            data = {**data, FIELD_NAME: (page.context or {}).get(FIELD_NAME, "")}
        if SEEN.search(path) and isinstance(data, dict) and "seen" not in data:
            data = {**data, "seen": (self.get(path).context or {}).get("seen", "")}
        return super().post(path, data, *args, **kwargs)


def form_on(page, having=FIELD_NAME):
    """{name: value or [values]} that the form with a field ``having`` on a page would post."""
    reader = _Forms()
    reader.feed(page.content.decode())
    for form in reader.forms:
        if having in form:
            return {name: v if len(v) != 1 else v[0] for name, v in form.items() if v}
    raise AssertionError(f"no form with {having} on the page")


class _Forms(HTMLParser):
    def __init__(self):
        super().__init__()
        self.forms, self.select, self.text = [], None, None

    def handle_starttag(self, tag, pairs):
        attrs = dict(pairs)
        if tag == "form":
            self.forms.append({})
        elif not self.forms:
            return
        elif tag == "select":
            self.select = (attrs.get("name"), "multiple" in attrs, [])
        elif tag == "option" and self.select:
            if "selected" in attrs or (not self.select[1] and not self.select[2]):
                chosen = [attrs.get("value", "")]
                self.select = (
                    *self.select[:2],
                    [*self.select[2], *chosen] if self.select[1] else chosen,
                )
        elif tag == "textarea":
            self.text = (attrs.get("name"), [])
        elif tag == "input" and attrs.get("name"):
            kind = attrs.get("type", "text")
            if kind in ("submit", "file") or (
                kind in ("checkbox", "radio") and "checked" not in attrs
            ):
                return
            self._put(attrs["name"], attrs.get("value", "on" if kind == "checkbox" else ""))

    def handle_endtag(self, tag):
        if tag == "select" and self.select:
            for value in self.select[2]:
                self._put(self.select[0], value)
            self.select = None
        elif tag == "textarea" and self.text:
            self._put(self.text[0], "".join(self.text[1]).removeprefix("\r\n").removeprefix("\n"))
            self.text = None

    def handle_data(self, data):
        if self.text:
            self.text[1].append(data)

    def _put(self, name, value):
        if name and "__prefix__" not in name:
            self.forms[-1].setdefault(name, []).append(value or "")
