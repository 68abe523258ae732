"""Export and import of the directory as a table (CSV, XLSX): an import makes drafts, and pending
edits of public organisations.
"""

import re
import unicodedata
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import DatabaseError
from import_export import fields, resources, widgets

from apps.core import edit_conflicts, phones, spreadsheets
from apps.core.templatetags.japanese import plain
from apps.core.text import has_invisible
from apps.notices import headings, hours_text, table_formats
from apps.notices.models import OrganisationIcon, PublishState, SupportNeed, SupportOrganisation
from apps.notices.opening_hours import OpeningWeek
from apps.notices.services import organisation_import, organisations
from apps.notices.text_search import RUBY, name_key
from apps.people.services.pending_acts import CannotAct

NATIONWIDE = "全国"
FOOTER_ROW = re.compile(
    r"[合小総]?計[:\s]*(?:[\d,]+\s*(?:件|か所|箇所|施設|団体)?)?|以上"
    r"|[※*].*|\(注\d*\).*|注\d*[):].*|(?:出典|備考):.*"
)
INVISIBLE_IN_NAME = (
    "名前に、見えない文字(書字方向やゼロ幅の印)が入っています。打ちなおしてください。"
)
WRITE_REFUSED = "書き込めませんでした。長すぎる文字や、同じ内容の行がないか、見てください。"
ICON_LABELS = dict(OrganisationIcon.choices)
NEED_LABELS = {need.value: RUBY.sub(r"\1", need.label).replace(" ", "") for need in SupportNeed}


def _field(name, title, widget=None, **more):
    return fields.Field(
        attribute=name, column_name=title, widget=widget or widgets.Widget(), **more
    )


class OrganisationResource(resources.ModelResource):
    """One organisation a row. National organisations are exported, but not imported again."""

    id = _field("id", "番号", readonly=True)
    scope = fields.Field(column_name="範囲", readonly=True)
    name = _field("name", "名前")
    mark = _field("mark", "しるし", table_formats.ChoiceWordsWidget(ICON_LABELS))
    summary = _field("summary", "ひとこと")
    needs = _field("needs", "どんなことに", table_formats.ChoiceWordsWidget(NEED_LABELS, many=True))
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
    is_always_open = _field("is_always_open", "24時間", table_formats.YesNoWidget())
    rests_on_holidays = _field("rests_on_holidays", "祝日は休み", table_formats.YesNoWidget())
    cost = _field("cost", "お金")
    is_anonymous = _field("is_anonymous", "名前を言わなくていい", table_formats.YesNoWidget())
    languages = _field("languages", "言語")
    first_talk = _field("first_talk", "はじめて話すとき")
    order = _field("order", "順番", table_formats.NumberWidget())
    source_url = _field("source_url", "もとの情報")
    state = fields.Field(column_name="状態", readonly=True)
    verified_on = _field("verified_on", "確かめた日", readonly=True)
    verified_by = _field("verified_by", "確かめた人", readonly=True)

    class Meta:
        model = SupportOrganisation
        import_id_fields = ("id",)
        use_transactions = True
        use_bulk = True  # all rows are written together, at the end
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

    not_compared = {"番号", "範囲", "状態", "確かめた日", "確かめた人"}

    def __init__(self, user=None, municipality_id=None, restore_zeros=False, rows=None, **kwargs):
        super().__init__(**kwargs)
        self.user, self.municipality_id = user, municipality_id
        self.restore_zeros = restore_zeros
        self.rows = {} if rows is None else rows  # {id: versions.Part} of the rows it would change
        self.is_preview = False
        self.weeks = None  # {id: OpeningWeek} while a table is imported

    @classmethod
    def get_display_name(cls):
        return "相談・支援の窓口"

    def get_diff_class(self):
        return table_formats.PlainDiff if self.is_preview else table_formats.NoDiff

    # -- export --

    def cell(self, field, instance):
        """The text of a cell, as people read it."""
        return super().export_field(field, instance) or ""

    def export_field(self, field, instance, **kwargs):
        text = spreadsheets.CONTROL.sub("", str(self.cell(field, instance)))  # not allowed in XML
        return table_formats.escape_formula(text)

    def dehydrate_scope(self, one):
        return "" if one.municipality_id else NATIONWIDE

    def dehydrate_state(self, one):
        return one.get_state_display()

    def dehydrate_opening(self, one):
        return hours_text.write_openings(self._week_of(one).openings)

    def dehydrate_special(self, one):
        return hours_text.write_specials(self._week_of(one).specials)

    def _week_of(self, one):
        """Its OpeningWeek: from its rows when exporting, from one bulk read when importing."""
        return (
            organisations.opening_week(one)
            if self.weeks is None
            else self.weeks.get(one.pk, OpeningWeek())
        )

    # -- import --

    def import_data(self, dataset, **kwargs):
        """As the library does, with row numbers and sentences that people understand."""
        self.is_preview = bool(kwargs.get("dry_run"))
        self.lines = getattr(dataset, "lines", None) or range(2, len(dataset) + 2)
        result = super().import_data(dataset, **kwargs)
        for row in result.invalid_rows:
            row.sentences = self._sentences(row)
        for row in [*result.invalid_rows, *result.error_rows]:
            row.number = self.lines[row.number - 1]
        return result

    def _sentences(self, row):
        titles = {name: field.column_name for name, field in self.fields.items()}
        told = [
            f"{titles.get(name, name)}: {' '.join(errors)}"
            for name, errors in row.field_specific_errors.items()
        ]
        return [*told, *row.non_field_specific_errors]

    def before_import(self, dataset, **kwargs):
        known = [field.column_name for field in self.fields.values()]
        dataset.headers = headings.canonical_headings(dataset.headers, known)
        fault = headings.headings_problem(dataset.headers, known, "名前")
        if fault:
            dataset.wipe()  # said once, and not again for each row
            raise spreadsheets.UnreadableSpreadsheet(fault)
        if "番号" not in dataset.headers:
            dataset.append_col([""] * len(dataset), header="番号")
        self.lock_own()
        self.directory = organisations.organisations_by_name(self.municipality_id)
        self.own, self.weeks = organisation_import.own_organisations(self.municipality_id)
        self.lines_of, self.changes = {}, []

    def lock_own(self):
        """Lock the city's organisations between the comparison and the writing."""
        own = SupportOrganisation.objects.filter(municipality=self.municipality_id)
        list(own.order_by("pk").select_for_update(no_key=True).values_list("pk"))

    def part_of(self, organisation):
        """The version of an organisation as its table row shows it, compared when the person
        confirms.
        """
        cells = {
            field.column_name: [str(self.cell(field, organisation))]
            for field in self.fields.values()
        }
        return edit_conflicts.FormPart(plain(organisation.name), cells, "")

    def before_import_row(self, row, row_number=None, **kwargs):
        for title, value in row.items():
            row[title] = table_formats.unescape_formula(value)
        row["番号"] = unicodedata.normalize("NFKC", row["番号"]).strip().lower()
        if row.get("範囲") == NATIONWIDE:
            return
        if not row["名前"]:
            raise ValidationError("名前がありません。")
        _check_name(row["名前"])
        self._refuse_twice(row["番号"] or name_key(row["名前"]), row, self.lines[row_number - 1])
        if self.restore_zeros and row.get("電話"):
            row["電話"] = _restored(row["電話"])
        self.openings = _read(_week, row, "時間")
        self.specials = _read(_specials, row, "いつもとちがう日")

    def _refuse_twice(self, key, row, line):
        first = self.lines_of.setdefault(key, line)
        if first != line:
            raise ValidationError(f"「{plain(row['名前'])}」は、{first}行めにもあります。")

    def get_instance(self, instance_loader, row):
        if row.get("範囲") == NATIONWIDE:
            return None
        found = self._by_number(row["番号"]) if row["番号"] else None
        twin = self.directory.get(name_key(row["名前"]))
        is_renamed = found is None or name_key(found.name) != name_key(row["名前"])
        if twin is not None and is_renamed:
            where = "この自治体" if twin.municipality_id else NATIONWIDE
            raise ValidationError(
                f"「{plain(row['名前'])}」は、{where}の窓口にもうあります。直すなら、番号を入れてください。"
            )
        if found is not None:
            self.rows[str(found.pk)] = self.part_of(found)
        return found

    def _by_number(self, number):
        try:
            return self.own[UUID(number)]
        except (KeyError, ValueError):
            raise ValidationError("この番号の窓口は、この自治体にはありません。") from None

    def after_import_row(self, row, row_result, row_number=None, **kwargs):
        row_result.line = self.lines[row_number - 1]

    def skip_row(self, instance, original, row, import_validation_errors=None):
        if row.get("範囲") == NATIONWIDE:
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

    def validate_instance(self, instance, import_validation_errors=None, validate_unique=True):
        """As the library does, but in memory: a query for each row is too slow.

        The widgets allow only known icons and needs; the database checks the constraints for all
        rows at the end.
        """
        errors = dict(import_validation_errors or {})
        try:
            instance.full_clean(
                exclude={*errors, "municipality"}, validate_unique=False, validate_constraints=False
            )
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        if instance.state == PublishState.PUBLISHED and not instance.source_url:
            errors.setdefault("source_url", []).append("公開中の窓口には、もとの情報が要ります。")
        if errors:
            raise ValidationError(errors)

    def save_instance(self, instance, is_create, row, **kwargs):
        """Keep it to be saved at the end; later rows are compared with its new values."""
        if is_create:
            instance.municipality_id = self.municipality_id
        self.after_save_instance(instance, row, **kwargs)
        before = self.weeks.get(instance.pk, OpeningWeek())
        openings = tuple(self.openings) if "hours" in self.changed else before.openings
        specials = tuple(self.specials) if "exceptions" in self.changed else before.specials
        self.weeks[instance.pk] = OpeningWeek(openings, specials)
        self.changes.append(
            organisation_import.OrganisationChange(
                instance, frozenset(self.changed), self.weeks[instance.pk]
            )
        )

    def after_import(self, dataset, result, **kwargs):
        try:
            waiting = organisation_import.write_organisations(self.changes, by=self.user)
            result.waiting = [plain(one.name) for one in waiting]
        except CannotAct as error:
            raise spreadsheets.UnreadableSpreadsheet(str(error)) from error
        except DatabaseError as error:
            raise spreadsheets.UnreadableSpreadsheet(WRITE_REFUSED) from error


def _check_name(name):
    """Raises ValidationError for a footer of the table, or a name with invisible characters."""
    if FOOTER_ROW.fullmatch(unicodedata.normalize("NFKC", name)):
        told = "窓口の名前ではないようです(合計や注の行)。この行を消してください。"
        raise ValidationError(f"「{name[:30]}」は、{told}")
    if has_invisible(name):
        raise ValidationError(INVISIBLE_IN_NAME)


def _restored(phone):
    """The number with its lost 0, where the person confirmed it; invalid numbers are reported
    later.
    """
    try:
        return phones.normalised_phones(phone, restore_zeros=True)
    except phones.PhoneError:
        return phone


def _week(row, title):
    """The openings of a row; other meanings of 平日 and 24時間 are set in their own columns."""
    hours = hours_text.read_hours(row[title])
    for said, column in ((hours.rests_on_holidays, "祝日は休み"), (hours.always, "24時間")):
        if said and not row.get(column):
            row[column] = table_formats.YES_NO_WORDS[True]
    return list(hours.openings)


def _specials(row, title):
    return hours_text.read_specials(row[title])


def _read(reader, row, title):
    """The parsed cell of hours; None where the table has no such column."""
    if title not in row:
        return None
    try:
        return reader(row, title)
    except hours_text.HoursFormatError as error:
        raise ValidationError(str(error)) from error
