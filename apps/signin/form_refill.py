"""Fills typed values back into the form of a rendered page; the rest stays unchanged. Pure."""

from html import escape
from html.parser import HTMLParser
from itertools import accumulate
from urllib.parse import urljoin, urlsplit

UNTOUCHED = {"button", "file", "hidden", "image", "password", "reset", "submit"}
CHECKABLE = {"checkbox", "radio"}
KEPT_HIDDEN = {"opened_as"}  # the row's version when it was read: a later change is still noticed


def refill_form(
    page: str, at: str, action: str, values: dict[str, list[str]]
) -> tuple[str, str, list]:
    """(page up to the end of the form's content, the rest, texts whose field is missing).

    ``at`` is the page's URL, ``action`` the URL the form posts to. Without such a form the first
    part is the whole page.
    """
    reader = _Reader(page, at, action, values)
    reader.feed(page)
    reader.close()
    if reader.inside_at is None:
        return page, "", []
    parts, done, n_head = [], 0, 0
    for begin, end, new in sorted(reader.edits):
        parts += [page[done:begin], new]
        done = end
    head_and_rest = "".join([*parts, page[done:]])
    n_head = reader.inside_at  # nothing before the form is changed
    left = [text for name, texts in values.items() if name not in reader.placed
            for text in texts if text.strip()]  # fmt: skip
    return head_and_rest[:n_head], head_and_rest[n_head:], left


class _Reader(HTMLParser):
    def __init__(self, page, at, action, values):
        super().__init__(convert_charrefs=True)
        self.lines = [0, *accumulate(len(line) for line in page.split("\n"))]
        self.lines = [n + i for i, n in enumerate(self.lines)]
        self.at, self.action, self.values = at, action, values
        self.edits, self.placed, self.inside_at = [], set(), None
        self.is_inside, self.text_from, self.select = False, None, None
        self.used = {}

    def here(self):
        line, column = self.getpos()
        return self.lines[line - 1] + column

    def handle_starttag(self, tag, pairs):
        attrs = dict(pairs)
        if tag == "form":
            self._form(attrs)
        elif not self.is_inside:
            return
        elif tag == "option":
            self._option(attrs, pairs)
        elif attrs.get("name") in self.values:
            getattr(self, f"_{tag}", lambda *_: None)(attrs, pairs)

    def handle_endtag(self, tag):
        if tag == "form":
            self.is_inside = False
        elif tag == "select":
            self.select = None
        elif tag == "textarea" and self.text_from is not None:
            begin, text = self.text_from
            self.edits.append((begin, self.here(), "\n" + escape(text)))
            self.text_from = None

    def _form(self, attrs):
        leads_to = urlsplit(urljoin(self.at, attrs.get("action") or self.at)).path
        is_post = (attrs.get("method") or "").lower() == "post"
        self.is_inside = is_post and leads_to == self.action and self.inside_at is None
        if self.is_inside:
            self.inside_at = self.here() + len(self.get_starttag_text())

    def _input(self, attrs, pairs):
        name, kind = attrs["name"], (attrs.get("type") or "text").lower()
        if kind in UNTOUCHED and name not in KEPT_HIDDEN:
            self.placed.add(name)
        elif kind in CHECKABLE:
            self._put("input", pairs, "checked", self._is_said(name, attrs.get("value", "on")))
            self.placed.add(name)
        else:
            self._put("input", pairs, "value", self._next(name))

    def _textarea(self, attrs, pairs):
        self.text_from = self.here() + len(self.get_starttag_text()), self._next(attrs["name"])

    def _select(self, attrs, pairs):
        self.select = attrs["name"]
        self.placed.add(self.select)

    def _option(self, attrs, pairs):
        if self.select and "value" in attrs:
            self._put("option", pairs, "selected", self._is_said(self.select, attrs["value"] or ""))

    def _is_said(self, name, value):
        return value in self.values[name]

    def _next(self, name):
        """The next field of this name: fields that share a name are filled in order."""
        n = self.used.get(name, 0)
        self.used[name] = n + 1
        self.placed.add(name)
        texts = self.values[name]
        return texts[n] if n < len(texts) else ""

    def _put(self, tag, pairs, name, value):
        others = [(key, each) for key, each in pairs if key != name]
        new = others + ([(name, None if value is True else value)] if value is not False else [])
        attributes = "".join(f" {k}" if v is None else f' {k}="{escape(v)}"' for k, v in new)
        begin = self.here()
        self.edits.append((begin, begin + len(self.get_starttag_text()), f"<{tag}{attributes}>"))
