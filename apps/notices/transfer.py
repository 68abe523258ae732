"""The directory as a table (CSV, XLSX), out and in: an import only ever makes drafts.

Cells that a spreadsheet would take for a formula leave with a ' before them and come back
without it (OWASP, CSV Injection).
"""

import io
import zipfile

import tablib
from diff_match_patch import diff_match_patch
from django.core.exceptions import ValidationError
from django.utils.html import format_html, format_html_join
from import_export import fields, resources, widgets
from import_export.formats import base_formats

from apps.notices import hours_text, services
from apps.notices.finding import RUBY
from apps.notices.models import HoursException, Mark, Need, OpeningHours, SupportOrganisation

MAX_BYTES = 1024 * 1024
MAX_UNPACKED = 20 * 1024 * 1024
MAX_ROWS = 2000
FORMULA = tuple("=+-@＝＋－＠")
COUNTRY = "全国"
HIDDEN_IN_DIFF = {"番号", "範囲", "状態", "確かめた日", "確かめた人"}
WORDS = {True: "はい", False: "いいえ"}
MARKS = dict(Mark.choices)
NEEDS = {need.value: RUBY.sub(r"\1", need.label).replace(" ", "") for need in Need}


class Unreadable(Exception):
    """The file is gone, too large, or not what its name says."""


def guard(text):
    """A cell that no spreadsheet takes for a formula."""
    text = str(text)
    risky = text[:1] in "\t\r\n" or text.lstrip().startswith((*FORMULA, "'"))
    return f"'{text}" if text and risky else text


def unguard(value):
    """The text of a cell: the mark of ``guard`` taken off, numbers as they were written."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = "" if value is None else str(value).strip()
    return text[1:] if text.startswith("'") else text


# -- files ----------------------------------------------------------------------------------------


class ExcelCSV(base_formats.CSV):
    """CSV as Excel in Japan writes and reads it: UTF-8 with a mark, or Shift_JIS (CP932)."""

    def is_binary(self):
        return True

    def get_title(self):
        return "csv"

    def get_content_type(self):
        return "text/csv; charset=utf-8"

    def create_dataset(self, in_stream, **kwargs):
        if not in_stream:
            raise Unreadable("nothing there")
        for encoding in ("utf-8-sig", "cp932"):
            try:
                text = in_stream.decode(encoding)
            except UnicodeDecodeError:
                continue
            return _limited(tablib.import_set(text, format="csv"))
        raise Unreadable("neither UTF-8 nor Shift_JIS")

    def export_data(self, dataset, **kwargs):
        return "\ufeff" + dataset.export("csv")


class SafeXLSX(base_formats.XLSX):
    """XLSX of a reasonable size, however small it was packed."""

    def create_dataset(self, in_stream):
        try:
            with zipfile.ZipFile(io.BytesIO(in_stream)) as packed:
                if sum(part.file_size for part in packed.infolist()) > MAX_UNPACKED:
                    raise Unreadable("too large when unpacked")
        except zipfile.BadZipFile as error:
            raise Unreadable("not a workbook") from error
        return _limited(super().create_dataset(in_stream))


def _limited(dataset):
    if len(dataset) > MAX_ROWS:
        raise Unreadable("too many rows")
    return dataset


# -- cells ----------------------------------------------------------------------------------------


class YesNo(widgets.Widget):
    def clean(self, value, row=None, **kwargs):
        if value not in ("", *WORDS.values()):
            raise ValueError(f"「{value}」ではなく、はい か いいえ で書いてください。")
        return value == WORDS[True]

    def render(self, value, obj=None, **kwargs):
        return WORDS[bool(value)]


class Words(widgets.Widget):
    """One of a few words (``many``: several, with 、 between them)."""

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


class Number(widgets.Widget):
    def clean(self, value, row=None, **kwargs):
        if not value:
            return 100
        if not value.isdecimal() or int(value) > 32767:
            raise ValueError("順番は 0 から 32767 の数で書いてください。")
        return int(value)


def _field(name, title, widget=None, **more):
    return fields.Field(
        attribute=name, column_name=title, widget=widget or widgets.Widget(), **more
    )


class PlainDiff(resources.Diff):
    """What would change: only the cells that differ, each with its title, without inline styles."""

    TAGS = {-1: "del", 0: "span", 1: "ins"}

    def __init__(self, resource, instance, new):
        self.left, self.right, self.new = self._cells(resource, instance), [], new

    def compare_with(self, resource, instance):
        self.right = self._cells(resource, instance)

    def as_html(self):
        return [
            format_html("<b>{}</b> {}", title, self._change("" if self.new else before, after))
            for (title, before), (_, after) in zip(self.left, self.right, strict=True)
            if after != before or (self.new and after)
        ]

    @staticmethod
    def _cells(resource, instance):
        return [
            (field.column_name, str(resource.cell(field, instance)))
            for field in resource.get_export_fields()
            if field.column_name not in HIDDEN_IN_DIFF
        ]

    def _change(self, before, after):
        compare = diff_match_patch()
        parts = compare.diff_main(before, after)
        compare.diff_cleanupSemantic(parts)
        return format_html_join("", "<{0}>{1}</{0}>", ((self.TAGS[op], text) for op, text in parts))


class OrganisationResource(resources.ModelResource):
    """One organisation a row. Rows of the whole country leave, but are not taken in again."""

    id = _field("id", "番号", readonly=True)
    scope = fields.Field(column_name="範囲", readonly=True)
    name = _field("name", "名前")
    mark = _field("mark", "しるし", Words(MARKS))
    summary = _field("summary", "ひとこと")
    needs = _field("needs", "どんなことに", Words(NEEDS, many=True))
    helps_with = _field("helps_with", "どんなとき")
    for_whom = _field("for_whom", "だれの")
    phone = _field("phone", "電話")
    chat_url = _field("chat_url", "チャット")
    line_url = _field("line_url", "LINE")
    web_url = _field("web_url", "ホームページ")
    place = _field("place", "場所")
    address = _field("address", "住所")
    opening = fields.Field(column_name="時間", readonly=True)
    special = fields.Field(column_name="いつもとちがう日", readonly=True)
    hours_note = _field("hours_note", "時間の言葉")
    is_always_open = _field("is_always_open", "24時間", YesNo())
    rests_on_holidays = _field("rests_on_holidays", "祝日は休み", YesNo())
    cost = _field("cost", "お金")
    is_anonymous = _field("is_anonymous", "名前を言わなくていい", YesNo())
    languages = _field("languages", "言語")
    first_talk = _field("first_talk", "はじめて話すとき")
    order = _field("order", "順番", Number())
    source_url = _field("source_url", "もとの情報")
    state = fields.Field(column_name="状態", readonly=True)
    verified_on = _field("verified_on", "確かめた日", readonly=True)
    verified_by = _field("verified_by", "確かめた人", readonly=True)

    class Meta:
        model = SupportOrganisation
        import_id_fields = ("id",)
        use_transactions = True
        skip_unchanged = True
        report_skipped = True
        clean_model_instances = True
        fields = [
            "id", "scope", "name", "mark", "summary", "needs", "helps_with", "for_whom",
            "phone", "chat_url", "line_url", "web_url", "place", "address", "opening",
            "special", "hours_note", "is_always_open", "rests_on_holidays", "cost",
            "is_anonymous", "languages", "first_talk", "order", "source_url", "state",
            "verified_on", "verified_by",
        ]  # fmt: skip

    def __init__(self, user=None, municipality_id=None, **kwargs):
        super().__init__(**kwargs)
        self.user, self.municipality_id = user, municipality_id

    @classmethod
    def get_display_name(cls):
        return "相談・支援の窓口"

    def get_diff_class(self):
        return PlainDiff

    # -- out --

    def cell(self, field, instance):
        """What stands in a cell, as people read it."""
        return super().export_field(field, instance) or ""

    def export_field(self, field, instance, **kwargs):
        return guard(self.cell(field, instance))

    def dehydrate_scope(self, one):
        return "" if one.municipality_id else COUNTRY

    def dehydrate_state(self, one):
        return one.get_state_display()

    def dehydrate_opening(self, one):
        return hours_text.write_openings(services.week_of(one).openings) if one.pk else ""

    def dehydrate_special(self, one):
        return hours_text.write_specials(services.week_of(one).specials) if one.pk else ""

    # -- in --

    def before_import(self, dataset, **kwargs):
        titles = {field.column_name for field in self.fields.values()}
        strange = [str(title) for title in dataset.headers or [] if title not in titles]
        if strange:
            raise ValidationError(f"知らない列があります: {'、'.join(strange)[:80]}")
        if "名前" not in (dataset.headers or []):
            raise ValidationError("「名前」の列がありません。")
        if "番号" not in dataset.headers:
            dataset.append_col([""] * len(dataset), header="番号")

    def before_import_row(self, row, **kwargs):
        for title, value in row.items():
            row[title] = unguard(value)
        if row.get("範囲") != COUNTRY and not row["名前"]:
            raise ValidationError("名前がありません。")
        self.openings = _read(hours_text.read_openings, row, "時間")
        self.specials = _read(hours_text.read_specials, row, "いつもとちがう日")

    def get_instance(self, instance_loader, row):
        mine = SupportOrganisation.objects.filter(municipality=self.municipality_id)
        if row.get("範囲") == COUNTRY:
            return None
        if not row["番号"]:
            if mine.filter(name=row["名前"]).exists():
                raise ValidationError(f"「{row['名前']}」はもうあります。番号を入れてください。")
            return None
        try:
            return mine.get(pk=row["番号"])
        except (SupportOrganisation.DoesNotExist, ValueError, ValidationError):
            raise ValidationError("この番号の窓口は、この自治体にはありません。") from None

    def skip_row(self, instance, original, row, import_validation_errors=None):
        if row.get("範囲") == COUNTRY:
            return True
        self.changed = {
            name
            for name, field in self.fields.items()
            if field.attribute and not field.readonly
            and field.get_value(instance) != field.get_value(original)
        }  # fmt: skip
        if self._differs(
            self.openings, self.dehydrate_opening(original), hours_text.write_openings
        ):
            self.changed.add("hours")
        if self._differs(
            self.specials, self.dehydrate_special(original), hours_text.write_specials
        ):
            self.changed.add("exceptions")
        is_new = instance._state.adding
        return not import_validation_errors and not self.changed and not is_new

    @staticmethod
    def _differs(read, before, write):
        return read is not None and write(read) != before

    def before_save_instance(self, instance, row, **kwargs):
        if instance._state.adding:
            instance.municipality_id = self.municipality_id

    def after_save_instance(self, instance, row, **kwargs):
        if "hours" in self.changed:
            instance.opening_hours.all().delete()
            OpeningHours.objects.bulk_create(
                OpeningHours(organisation=instance, weekday=o.weekday, opens_at=o.opens, closes_at=o.closes)
                for o in self.openings
            )  # fmt: skip
        if "exceptions" in self.changed:
            instance.exceptions.all().delete()
            HoursException.objects.bulk_create(
                HoursException(
                    organisation=instance, begins_on=s.begins, ends_on=s.ends, note=s.note,
                    every_year=s.every_year, opens_at=s.opens, closes_at=s.closes,
                )
                for s in self.specials
            )  # fmt: skip
        services.change_organisation(instance, by=self.user, fields=sorted(self.changed))


def _read(reader, row, title):
    """What stands in a cell of hours; None where the table has no such column."""
    if title not in row:
        return None
    try:
        return reader(row[title])
    except hours_text.NotHours as error:
        raise ValidationError(str(error)) from error
