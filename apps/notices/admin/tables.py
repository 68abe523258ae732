"""The directory as a file: written out, looked at before it is taken in, and told in our words."""

import logging

from django import forms
from django.contrib import messages
from django.db import DatabaseError, transaction
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from import_export.admin import ImportExportMixin
from import_export.forms import ConfirmImportForm, ExportForm, ImportForm
from import_export.tmp_storages import CacheStorage

from apps.core import spreadsheets, versions
from apps.core.upload_fields import rules
from apps.notices import tables, transfer
from apps.people.permissions import may, municipalities_where

logger = logging.getLogger(__name__)
TAKEN_IN = "取り込みました。新しい窓口 {new}、直した窓口 {update}、変わらない窓口 {skip}。"
WAITING = "公開中の窓口({names})は、もう一人が確かめるまで、いまの内容のまま公開が続きます。"
NOTHING = "取り込めませんでした。もう一度、ファイルを選んでください。"
ENDINGS = ("csv", "xlsx")
SHOWN = 100  # faults on a page; the rest is counted


class UploadForm(ImportForm):
    """A file, and the answer to the question that a lost 0 brings up."""

    restore_zeros = forms.BooleanField(
        label="電話のはじめの 0 が消えていたら、おぎなって読む",
        required=False,
        help_text="Excel で 0 が消えた番号があるとき。つぎの画面で、番号を一つずつ確かめてください。",
    )
    field_order = ["resource", "import_file", "restore_zeros", "format"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["import_file"].label = "ファイル(CSV か Excel)"
        self.fields["import_file"].validators += rules(ENDINGS, spreadsheets.MAX_BYTES)
        self.fields["import_file"].widget.attrs["accept"] = ".csv,.xlsx"
        self.fields["format"].required = False  # the bytes say what the file is
        self.fields["format"].widget = forms.HiddenInput()

    @property
    def media(self):
        return forms.Media()

    def clean_format(self):
        return "0"


class ChangedMeanwhile(Exception):
    """Organisations of the table were changed after the preview; ``names`` says which."""

    def __init__(self, names):
        super().__init__("changed after the preview")
        self.names = names


class ConfirmForm(ConfirmImportForm):
    opened_as = forms.CharField(required=False, widget=forms.HiddenInput())
    restore_zeros = forms.BooleanField(required=False, widget=forms.HiddenInput())


class OutForm(ExportForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["format"].label = "ファイルの形"
        self.fields["format"].choices = [("0", "CSV"), ("1", "Excel (xlsx)")]


class Upload(CacheStorage):
    """Between looking and confirming: for an hour, in the cache that all processes share."""

    CACHE_LIFETIME = 3600

    def read(self):
        content = super().read()
        if not content:
            raise spreadsheets.Unreadable("時間がたちました。もう一度、ファイルを選んでください。")
        return content


class DirectoryFiles(ImportExportMixin):
    """Import and export for the directory's admin; nothing of the library's own words is shown."""

    resource_classes = [transfer.OrganisationResource]
    formats = [tables.ExcelCSV, tables.SafeXLSX]
    import_form_class, export_form_class, confirm_form_class = UploadForm, OutForm, ConfirmForm
    import_template_name = "admin/notices/import.html"
    export_template_name = "admin/notices/export.html"
    import_export_change_list_template = "admin/notices/organisations.html"
    tmp_storage_class = Upload
    skip_admin_log = True  # the audit has it, in our words

    def has_import_permission(self, request):
        return may(request.user, "notices.edit")

    def has_export_permission(self, request):
        return may(request.user, "notices.view")

    def get_import_resource_kwargs(self, request, form=None, **kwargs):
        answers = getattr(form, "cleaned_data", {})
        request.table_rows = {}  # filled by the resource
        return {
            "rows": request.table_rows,
            "user": request.user,
            "municipality_id": min(municipalities_where(request.user, "notices.edit")),
            "restore_zeros": bool(answers.get("restore_zeros")),
        }

    def get_confirm_form_initial(self, request, import_form):
        initial = super().get_confirm_form_initial(request, import_form)
        restores = import_form.cleaned_data["restore_zeros"] if import_form else False
        opened_as = versions.token_of(getattr(request, "table_rows", {}))
        facts = {"restore_zeros": restores, versions.FIELD_NAME: opened_as}
        return {**initial, **facts} if initial else initial

    def get_import_context_data(self, **kwargs):
        return {"shown": SHOWN}

    def get_export_queryset(self, request):
        found = super().get_export_queryset(request)
        return found.prefetch_related("opening_hours", "exceptions")

    def get_export_filename(self, request, queryset, file_format):
        return f"madoguchi.{file_format.get_extension()}"

    # -- told in our words --

    def add_data_read_fail_error_to_form(self, form, e):
        """Why the file cannot be read; a fault of ours is logged and never shown."""
        if not isinstance(e, spreadsheets.Unreadable):
            logger.error("table not read: %s", type(e).__name__)
        told = str(e) if isinstance(e, spreadsheets.Unreadable) else "ファイルを読めませんでした。"
        form.add_error("import_file", told)

    def add_success_message(self, result, request):
        messages.success(request, TAKEN_IN.format(**result.totals))
        if waiting := getattr(result, "waiting", []):
            messages.warning(request, WAITING.format(names="、".join(waiting[:SHOWN])))

    # -- confirmed --

    def process_dataset(self, dataset, form, request, **kwargs):
        """Take the table in as it was previewed, or raise ChangedMeanwhile and write nothing."""
        with transaction.atomic():
            kwargs["rollback_on_validation_errors"] = True
            result = super().process_dataset(dataset, form, request, **kwargs)
            opened = form.cleaned_data[versions.FIELD_NAME]
            if names := versions.changed_since(opened, request.table_rows):
                raise ChangedMeanwhile(names)
        return result

    def process_result(self, result, request):
        if result.has_errors() or result.has_validation_errors():
            return self._again(request, result)
        return super().process_result(result, request)

    def process_import(self, request, **kwargs):
        try:
            return super().process_import(request, **kwargs)
        except ChangedMeanwhile as error:
            return self._preview_again(request, error.names)
        except spreadsheets.Unreadable as error:
            return self._back(request, str(error))
        except (ValueError, IndexError, OSError, DatabaseError) as error:
            logger.error("table not taken in: %s", type(error).__name__)
            return self._back(request, NOTHING)

    def _preview_again(self, request, names):
        """What the table would change now, to be confirmed anew; the file need not be sent again."""
        form = self.create_confirm_form(request)
        form.full_clean()
        sent = form.cleaned_data
        kind = self.get_import_formats()[int(sent["format"])]()
        stored = Upload(name=sent["import_file_name"], read_mode=kind.get_read_mode())
        resource = self.resource_classes[0](**self.get_import_resource_kwargs(request, form=form))
        result = resource.import_data(kind.create_dataset(stored.read()), dry_run=True)
        if result.has_errors() or result.has_validation_errors():
            return self._again(request, result, changed=names)
        facts = {**sent, versions.FIELD_NAME: versions.token_of(request.table_rows)}
        confirm = self.confirm_form_class(initial=facts)
        return self._again(request, result, changed=names, confirm_form=confirm)

    def _again(self, request, result, **facts):
        """The page of the import, refused: why, and what can be done now."""
        context = {**self.admin_site.each_context(request), **self.get_import_context_data()}
        context |= {"result": result, "opts": self.model._meta, **facts}
        if "confirm_form" not in facts:
            context["form"] = self.import_form_class(
                self.get_import_formats(), self.resource_classes
            )
        return TemplateResponse(request, self.import_template_name, context, status=422)

    def _back(self, request, sentence):
        messages.error(request, sentence)
        return redirect("admin:notices_supportorganisation_import")
