"""Export and import of the directory as a file: a worker reads it, a person checks it, then it is
imported.
"""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from import_export.admin import ImportExportMixin
from import_export.forms import ExportForm

from apps.core import spreadsheets
from apps.core.upload_fields import UploadField
from apps.file_jobs.models import JobKind
from apps.file_jobs.services import jobs
from apps.notices import organisation_resource, table_formats
from apps.notices.services import file_handlers
from apps.people.permissions import may

JOB_KINDS = [JobKind.DIRECTORY_CHECK, JobKind.DIRECTORY_IMPORT]
FILE_EXPIRED = "時間がたちました。もう一度、ファイルを選んでください。"
FILE_EXTENSIONS = ("csv", "xlsx")


class OrganisationImportForm(forms.Form):
    """A file, and the answer to whether leading zeros were lost."""

    import_file = UploadField(
        label="ファイル(CSV か Excel)", endings=FILE_EXTENSIONS, most_bytes=spreadsheets.MAX_BYTES
    )
    restore_zeros = forms.BooleanField(
        label="電話のはじめの 0 が消えていたら、おぎなって読む",
        required=False,
        help_text="Excel で 0 が消えた番号があるとき。つぎの画面で、番号を一つずつ確かめてください。",
    )


class OrganisationExportForm(ExportForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["format"].label = "ファイルの形"
        self.fields["format"].choices = [("0", "CSV"), ("1", "Excel (xlsx)")]


class OrganisationFilesMixin(ImportExportMixin):
    """Import and export for the directory's admin, with our own sentences instead of the library's."""

    resource_classes = [organisation_resource.OrganisationResource]
    formats = [table_formats.ExcelCSV, table_formats.SafeXLSX]
    export_form_class = OrganisationExportForm
    import_template_name = "admin/notices/import.html"
    export_template_name = "admin/notices/export.html"
    import_export_change_list_template = "admin/notices/organisations.html"
    skip_admin_log = True  # the audit records it instead

    def has_import_permission(self, request):
        return may(request.user, "notices.edit")

    def has_export_permission(self, request):
        return may(request.user, "notices.view")

    def get_export_queryset(self, request):
        found = super().get_export_queryset(request)
        return found.prefetch_related("opening_hours", "exceptions")

    def get_export_filename(self, request, queryset, file_format):
        return f"madoguchi.{file_format.get_extension()}"

    # -- import --

    def import_action(self, request, **kwargs):
        """The upload form, or the page of what a worker found in the table."""
        self._check(request)
        form = OrganisationImportForm(
            *((request.POST, request.FILES) if request.method == "POST" else ())
        )
        if form.is_bound and form.is_valid():
            cleaned = form.cleaned_data
            try:
                job = file_handlers.request_check(
                    cleaned["import_file"], restore_zeros=cleaned["restore_zeros"], by=request.user
                )
                return redirect("admin:file_jobs_job", job.pk)
            except jobs.CannotAsk as error:
                form.add_error("import_file", str(error))
        job = jobs.result_named(request.GET.get("read", ""), JOB_KINDS, by=request.user)
        columns = organisation_resource.OrganisationResource().get_user_visible_fields()
        context = {
            **self.admin_site.each_context(request), "opts": self.model._meta, "form": form,
            "job": job, "result": job.result if job else {},
            "open_jobs": jobs.open_jobs(JOB_KINDS, by=request.user),
            "columns": [each.column_name for each in columns],
        }  # fmt: skip
        return render(
            request, self.import_template_name, context, status=422 if form.errors else 200
        )

    def process_import(self, request, **kwargs):
        """Have a worker import what a page showed."""
        self._check(request)
        checked = jobs.result_named(request.POST.get("job", ""), JOB_KINDS, by=request.user)
        try:
            if checked is None or "table" not in checked.result:
                raise jobs.CannotAsk(FILE_EXPIRED)
            job = file_handlers.request_import(checked, by=request.user)
            return redirect("admin:file_jobs_job", job.pk)
        except jobs.CannotAsk as error:
            messages.error(request, str(error))
            return redirect("admin:notices_supportorganisation_import")

    def _check(self, request):
        if not self.has_import_permission(request):
            raise PermissionDenied
