"""File formats and cells of the directory's tables; no cell is ever a formula.

A cell that a spreadsheet would run as a formula is exported with a ' before it and imported without
it (OWASP, CSV Injection).
"""

import tablib
from diff_match_patch import diff_match_patch
from import_export import resources, widgets
from import_export.formats import base_formats

from apps.core import spreadsheets

FORMULA_PREFIXES = tuple("=+-@＝＋－＠")
YES_NO_WORDS = {True: "はい", False: "いいえ"}


def escape_formula(text):
    """The text of a cell, with a mark before it where a spreadsheet would run it as a formula."""
    text = str(text)
    risky = text[:1] in "\t\r\n" or text.lstrip().startswith((*FORMULA_PREFIXES, "'"))
    return f"'{text}" if text and risky else text


def unescape_formula(value):
    """The text of a cell without the mark of ``escape_formula``."""
    text = "" if value is None else str(value).strip()
    return text[1:] if text.startswith("'") else text


# -- files ----------------------------------------------------------------------------------------


class _Readable:
    """A format recognised by the file's bytes (``spreadsheets``), whichever kind was chosen."""

    def is_binary(self):
        return True

    def create_dataset(self, in_stream, **kwargs):
        table = spreadsheets.read_table(in_stream)
        dataset = tablib.Dataset(*table.rows, headers=table.headings)
        dataset.lines = table.lines  # as a spreadsheet shows them
        return dataset


class ExcelCSV(_Readable, base_formats.CSV):
    """CSV as Excel in Japan writes and reads it: UTF-8 with a BOM."""

    def get_title(self):
        return "csv"

    def get_content_type(self):
        return "text/csv; charset=utf-8"

    def export_data(self, dataset, **kwargs):
        return "\ufeff" + dataset.export("csv")


class SafeXLSX(_Readable, base_formats.XLSX):
    """A workbook of one sheet."""


# -- cells ----------------------------------------------------------------------------------------


class YesNoWidget(widgets.Widget):
    def clean(self, value, row=None, **kwargs):
        if value not in ("", *YES_NO_WORDS.values()):
            raise ValueError(f"「{value}」ではなく、はい か いいえ で書いてください。")
        return value == YES_NO_WORDS[True]

    def render(self, value, obj=None, **kwargs):
        return YES_NO_WORDS[bool(value)]


class ChoiceWordsWidget(widgets.Widget):
    """A choice written as a word (``many``: several, with 、 between them)."""

    def __init__(self, labels, many=False):
        super().__init__()
        self.labels, self.many = labels, many
        self.values = {label: value for value, label in labels.items()}

    def clean(self, value, row=None, **kwargs):
        parts = [part.strip() for part in value.split("、" if self.many else "\n") if part.strip()]
        wrong = [part for part in parts if part not in self.values]
        if wrong:
            raise ValueError(f"「{wrong[0]}」は選べません。{'、'.join(self.values)} から。")
        found = [self.values[part] for part in parts]
        return found if self.many else "".join(found[:1])

    def render(self, value, obj=None, **kwargs):
        values = value if self.many else [value] if value else []
        return "、".join(self.labels.get(one, "") for one in values or [])


class NumberWidget(widgets.Widget):
    def clean(self, value, row=None, **kwargs):
        if not value:
            return 100
        if not value.isdecimal() or len(value) > 9 or int(value) > 32767:
            raise ValueError("順番は 0 から 32767 の数で書いてください。")
        return int(value)


class PlainDiff(resources.Diff):
    """The difference of a row: only the cells that differ, each with its title."""

    def __init__(self, resource, instance, new):
        self.left, self.right, self.new = self._cells(resource, instance), [], new

    def compare_with(self, resource, instance):
        self.right = self._cells(resource, instance)

    def as_html(self):
        """[(title, [(-1 removed, 0 unchanged, 1 added; the text)])], which a template renders."""
        return [
            (title, self._change("" if self.new else before, after))
            for (title, before), (_, after) in zip(self.left, self.right, strict=True)
            if after != before or (self.new and after)
        ]

    @staticmethod
    def _cells(resource, instance):
        return [
            (field.column_name, str(resource.cell(field, instance)))
            for field in resource.get_export_fields()
            if field.column_name not in resource.not_compared
        ]

    def _change(self, before, after):
        compare = diff_match_patch()
        parts = compare.diff_main(before, after)
        compare.diff_cleanupSemantic(parts)
        return [(op, text) for op, text in parts]


class NoDiff:
    """No difference to show: the table is being imported."""

    def __init__(self, resource, instance, new):
        pass

    def compare_with(self, resource, instance):
        pass

    def as_html(self):
        return []
