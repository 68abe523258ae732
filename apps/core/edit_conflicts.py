"""Whether somebody else changed a row while a form about it was open.

A form carries a token: a digest of each field as it was when the page was opened. When the form
comes back, the digests are compared with the present row. Values are compared as a browser posts
them, so an untouched page posts exactly what it was given.
"""

import hashlib
from dataclasses import dataclass, field

from django.forms import CheckboxInput, FileField, MultiWidget
from django.forms.models import InlineForeignKeyField
from django.http import QueryDict

FIELD_NAME = "opened_as"
CHANGED_BY_OTHER = (
    "この画面を開いたあとに、ほかの人が変えました。まだ保存していません。"
    "下の表を見て、もう一度保存してください。"
)
CHANGED_BY_SELF = (
    "この画面を開いたあとに、あなたが変えました。まだ保存していません。"
    "下の表を見て、もう一度保存してください。"
)
CHANGED_MARK = "(変わりました)"
EMPTY = "(空)"
YES, NO = "はい", "いいえ"
MAX_ROWS = 1000  # as Django's formsets


@dataclass(frozen=True)
class FormPart:
    """One field, or one group of rows, as it would be posted: {data key: [value]}."""

    label: str
    posted: dict
    words: str
    rows: tuple = ()  # of a group: ({field: [value]}, …)

    @property
    def digest(self):
        text = repr(sorted((key, values) for key, values in self.posted.items() if values))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


@dataclass(frozen=True)
class FieldDifference:
    """What another person changed: their value, this person's, and whether theirs was taken over."""

    label: str
    theirs: str
    yours: str
    is_taken_over: bool


@dataclass
class EditConflict:
    """Everything that changed meanwhile, and the typed data with what nobody else can lose."""

    data: QueryDict
    differences: list = field(default_factory=list)
    changed_by: str = ""
    changed_at: object = None
    is_own: bool = False  # the latest change is by the person who now saves

    @property
    def sentence(self) -> str:
        """Why the form was not saved."""
        return CHANGED_BY_SELF if self.is_own else CHANGED_BY_OTHER


def form_parts(form, formsets=(), extras=None):
    """{key: FormPart} of an unbound form of the row as it is now, with its inline formsets.

    ``extras`` ({label: text}) are facts of the row that no field shows, for example a secret.
    """
    parts = {name: _part(form, name) for name in form.fields if _is_compared(form, name)}
    for formset in formsets:
        parts[formset.prefix] = _group(formset, [_row(each) for each in formset.initial_forms])
    for label, text in (extras or {}).items():
        parts[f"*{label}"] = FormPart(label, {label: [text]}, CHANGED_MARK)
    return parts


def parts_token(parts):
    """The value of the page's hidden field."""
    return " ".join(f"{key}={part.digest}" for key, part in parts.items())


def changed_since(token, parts):
    """Labels of the present parts that differ from those in ``token`` (of ``parts_token``)."""
    opened = _opened(token)
    return [part.label for key, part in parts.items() if opened.get(key) != part.digest]


def _opened(token):
    return dict(each.rpartition("=")[::2] for each in token.split(" "))


def find_conflict(form, data, formsets=(), extras=None):
    """The EditConflict between posted ``data`` and the present row, or None where nothing changed."""
    opened = _opened(data.get(FIELD_NAME, ""))
    groups = {formset.prefix: formset for formset in formsets}
    parts = form_parts(form, formsets, extras)
    if all(opened.get(key) == part.digest for key, part in parts.items()):
        return None
    conflict = EditConflict(data.copy())
    for key, part in parts.items():
        if opened.get(key) != part.digest:
            typed = _typed(form, groups, key, part, data)
            _merge_part(conflict, key, part, typed, opened.get(key), groups.get(key))
    return conflict if conflict.differences else None


def _merge_part(conflict, key, part, typed, opened, formset):
    """Take over what this person has not touched; keep what they typed, beside the other's."""
    if typed.digest == part.digest and not key.startswith("*"):
        return
    untouched = typed.digest == opened or key.startswith("*")
    if untouched and formset is not None:
        _write_rows(conflict.data, formset, [*part.rows], [])
    elif untouched:
        for name, values in part.posted.items() if not key.startswith("*") else ():
            conflict.data.setlist(name, values)
    elif formset is not None:
        _join_rows(conflict.data, formset, part, typed)
    conflict.differences.append(FieldDifference(part.label, part.words, typed.words, untouched))


def _typed(form, groups, key, part, data):
    if key.startswith("*"):
        return part
    if key in groups:
        return _group(groups[key], _rows_in(groups[key], data))
    return _part(form, key, data)


# -- one field --------------------------------------------------------------------------------


def _is_compared(form, name):
    return name != FIELD_NAME and not isinstance(
        form.fields[name], FileField | InlineForeignKeyField
    )


def _part(form, name, data=None):
    posted = _posted(form, name, data)
    label = str(form[name].label or name)
    return FormPart(label, posted, _words(form.fields[name], _values(posted)))


def _posted(form, name, data=None):
    """{data key: [value]}: what ``data`` holds for a field, or what the rendered field would post."""
    widget, key = _widget(form, name), form.add_prefix(name)
    if isinstance(widget, MultiWidget):
        keys = [key + suffix for suffix in widget.widgets_names]
        if data is None:
            drawn = widget.decompress(form[name].value())
            pairs = zip(widget.widgets, drawn, strict=True)
            return {k: _drawn(sub, v) for k, (sub, v) in zip(keys, pairs, strict=True)}
        return {k: _clean(data.getlist(k)) for k in keys}
    if data is None:
        return {key: _drawn(widget, form[name].value())}
    found = _clean(data.getlist(key))
    return {key: ["on"] if found and isinstance(widget, CheckboxInput) else found}


def _widget(form, name):
    widget = form.fields[name].widget
    return getattr(widget, "widget", widget)  # the admin wraps the choice of a related row


def _drawn(widget, value):
    if isinstance(widget, CheckboxInput):
        return ["on"] if value else []
    if getattr(widget, "input_type", "") == "password" and not widget.render_value:
        return []
    shown = widget.format_value(value)
    return _clean(shown if isinstance(shown, (list, tuple)) else [shown])


def _clean(values):
    """Without empty values, in one order, with one kind of line end."""
    texts = (str(value).replace("\r\n", "\n") for value in values if value is not None)
    return sorted(text for text in texts if text.strip())


def _values(posted):
    return [value for values in posted.values() for value in values]


def _words(form_field, values):
    """Values as people read them: the words of choices, はい and いいえ."""
    if isinstance(getattr(form_field.widget, "widget", form_field.widget), CheckboxInput):
        return YES if values else NO
    if hasattr(form_field, "choices"):
        known = dict(_pairs(form_field.choices))
        values = [known.get(value, value) for value in values]
    return "、".join(values) or EMPTY


def _pairs(choices):
    for value, label in choices:
        if isinstance(label, (list, tuple)):
            yield from _pairs(label)
        else:
            yield str(value), str(label)


# -- rows under a row -------------------------------------------------------------------------


def _group(formset, rows):
    """The rows of a formset as one FormPart."""
    posted = {}
    for number, row in enumerate(sorted(rows, key=repr)):
        posted |= {f"{number}.{name}": values for name, values in row.items()}
    blank = formset.empty_form
    shown = [name for name in blank.fields if name != formset.model._meta.pk.name]
    lines = (
        " ".join(_words(blank.fields[name], row[name]) for name in shown if row.get(name))
        for row in rows
    )
    label = str(formset.model._meta.verbose_name_plural)
    return FormPart(label, posted, "\n".join(line for line in lines if line) or EMPTY, tuple(rows))


def _row(form, data=None):
    """{field: [value]} of one row; the keys carry no prefix."""
    names = [name for name in form.fields if name != "DELETE" and _is_compared(form, name)]
    row = {name: _values(_posted(form, name, data)) for name in names}
    if data is None:
        row[form.instance._meta.pk.name] = [str(form.instance.pk)]
    return row


def _rows_in(formset, data):
    """The rows that were posted, without those marked for deletion and without empty new ones."""
    found = (_row(form, data) for form, _ in _posted_forms(formset, data, is_kept=True))
    pk = formset.model._meta.pk.name
    return [row for row in found if any(v for name, v in row.items() if name != pk)]


def _posted_forms(formset, data, *, is_kept=False):
    total = data.get(f"{formset.prefix}-TOTAL_FORMS", "0")
    n = int(total[:6]) if total.isdecimal() else 0
    for number in range(min(n, MAX_ROWS)):
        form = formset.empty_form
        form.prefix = formset.add_prefix(number)
        if not (is_kept and data.get(f"{form.prefix}-DELETE")):
            yield form, bool(data.get(f"{form.prefix}-DELETE"))


def _join_rows(data, formset, part, typed):
    """Both changed the rows: the typed ones stay as typed, and those the other added are shown."""
    pk = formset.model._meta.pk.name
    now = {tuple(row[pk]) for row in part.rows}
    posted = [(_row(form, data), gone) for form, gone in _posted_forms(formset, data)]
    present = [(row, gone) for row, gone in posted if tuple(row[pk]) in now]
    known = {tuple(row[pk]) for row, _ in present}
    added = [(row, False) for row in part.rows if tuple(row[pk]) not in known]
    new = [row | {pk: []} for row, gone in posted if tuple(row[pk]) not in now and not gone]
    old = [*present, *added]
    _write_rows(data, formset, [row for row, _ in old], new, [gone for _, gone in old])


def _write_rows(data, formset, existing, new, deleted=()):
    """Put rows in place of what was posted for a formset."""
    prefix = formset.prefix
    for key in [key for key in data if key.startswith(f"{prefix}-")]:
        del data[key]
    data[f"{prefix}-TOTAL_FORMS"] = str(len(existing) + len(new))
    data[f"{prefix}-INITIAL_FORMS"] = str(len(existing))
    data[f"{prefix}-MIN_NUM_FORMS"], data[f"{prefix}-MAX_NUM_FORMS"] = "0", str(MAX_ROWS)
    for number, row in enumerate([*existing, *new]):
        for name, values in row.items():
            data.setlist(f"{prefix}-{number}-{name}", values)
        if number < len(deleted) and deleted[number]:
            data[f"{prefix}-{number}-DELETE"] = "on"
