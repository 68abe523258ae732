"""Admin pages of a data source: its settings, how far it was read, and the actions on it."""

from hashlib import sha256

from django.contrib import admin, messages
from django.db.models import OuterRef, Subquery, Sum
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_POST

from apps.core.clock import JST
from apps.core.subqueries import aggregate_of
from apps.file_jobs.models import JobKind
from apps.file_jobs.services import jobs
from apps.linkage.admin.file_mappings import file_mapping_page, file_mappings_page
from apps.linkage.connectors.contract import SourceError
from apps.linkage.forms import SchoolFileUploadForm, SourceForm
from apps.linkage.models import DataSource, RunState, SourceFile, SourceKind, SyncRun
from apps.linkage.services import data_sources, file_handlers, slow_files, sync_runs
from apps.people.admin_bases.staff import StaffAdmin
from apps.people.permissions import may

MAX_RUNS_SHOWN = 12
RUN_REQUESTS = {
    "sync": {},
    "trial": {"is_trial": True},
    "again": {"reads_again": True},
    "retry": {},
}


@admin.register(DataSource)
class DataSourceAdmin(StaffAdmin):
    """The city sets up a source, tests it and has it read; schools upload their files."""

    view_verb, edit_verb = "linkage.view", "linkage.edit"
    is_small = True
    form = SourceForm
    list_display = ["title", "school_label", "kind", "is_on", "last_state", "n_records"]
    list_select_related = ["school"]
    ordering = ["school__name", "title"]
    change_list_template = "admin/linkage/sources.html"
    change_form_template = "admin/linkage/source.html"

    def get_queryset(self, request):
        latest = SyncRun.objects.filter(source=OuterRef("pk"))
        return DataSource.objects.visible_to(request.user).annotate(
            n_kept=aggregate_of(SourceFile.objects.all(), "source", Sum("n_kept")),
            run_state=Subquery(latest.values("state")[:1]),
            run_at=Subquery(latest.values("started_at")[:1]),
        )

    def has_change_permission(self, request, obj=None):
        is_read_by_guardians = obj is not None and obj.kind == SourceKind.SELF_INFO
        return super().has_change_permission(request, obj) and not is_read_by_guardians

    def get_readonly_fields(self, request, obj=None):
        return ["school", "kind"] if obj else []

    def get_form(self, request, obj=None, change=False, **kwargs):
        base = super().get_form(request, obj, change, **kwargs)

        class ForThisPerson(base):
            def __init__(self, *args, **more):
                super().__init__(*args, user=request.user, **more)

        return ForThisPerson

    def version_extras(self, obj):
        return {"接続の秘密": sha256(bytes(obj.sealed_secret or b"")).hexdigest()}

    def save_model(self, request, obj, form, change):
        fields = [name for name in form.changed_data if name != "forget_secret"]
        data_sources.save_source(obj, by=request.user, fields=fields, secret=form.new_secret())

    # -- pages ----------------------------------------------------------------------------------

    def changelist_view(self, request, extra_context=None):
        added_context = {
            "title": "連携元",
            "troubles": data_sources.source_problems(request.user),
            "may_map": _may_edit(request),
        }
        return super().changelist_view(request, {**(extra_context or {}), **added_context})

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The form, below what the source did last."""
        source = self.get_object(request, object_id)
        added_context = {} if source is None else self._source_context(request, source)
        return super().change_view(
            request, object_id, form_url, {**(extra_context or {}), **added_context}
        )

    def _source_context(self, request, source):
        return {
            "title": source.title,
            "source": source,
            "freshness": data_sources.source_freshness(source),
            "is_late": data_sources.is_late(source),
            "runs": source.runs.all()[:MAX_RUNS_SHOWN],
            "may_ask": self.has_change_permission(request, source),
            "is_interactive": source.kind == SourceKind.SELF_INFO,
            "may_bring": _may_bring(request, source),
            "has_secret": source.sealed_secret is not None,
            "n_set_aside": slow_files.count_set_aside(source),
            "is_trial_peer": data_sources.is_trial_peer(source),
        }

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("<uuid:pk>/check/", view(require_POST(self.check_now)), name="linkage_check"),
            path("<uuid:pk>/bring/", view(self.bring), name="linkage_upload"),
            path(
                "<uuid:pk>/ask/<slug:what>/",
                view(require_POST(self.ask_for)),
                name="linkage_request_run",
            ),
            path("ways/", view(file_mappings_page), name="linkage_file_mappings"),
            path("ways/<slug:kind>/", view(file_mapping_page), name="linkage_file_mapping"),
            *super().get_urls(),
        ]

    def check_now(self, request, pk):
        """Whether the source answers; reads nobody's data."""
        source = self._editable(request, pk)
        try:
            messages.success(request, data_sources.check_source(source))
        except SourceError as error:
            messages.error(request, str(error))
        return redirect("admin:linkage_datasource_change", pk)

    def ask_for(self, request, pk, what):
        """Queue a run and redirect to its page, which shows its progress."""
        source = self._editable(request, pk)
        if what not in RUN_REQUESTS:
            raise Http404
        if what == "retry":
            slow_files.retry_slow_files(source)
        run = sync_runs.request_run(source, by=request.user, **RUN_REQUESTS[what])
        return redirect("admin:linkage_run", run.pk)

    def bring(self, request, pk):
        """Upload a file; a worker previews it, and nothing is imported yet."""
        source = self._visible(request, pk)
        if not _may_bring(request, source):
            raise Http404
        form = SchoolFileUploadForm(
            *((request.POST, request.FILES) if request.method == "POST" else ())
        )
        if request.method == "POST" and form.is_valid():
            try:
                job = file_handlers.request_read(source, form.cleaned_data["file"], by=request.user)
                return redirect("admin:file_jobs_job", job.pk)
            except jobs.CannotAsk as error:
                form.add_error("file", str(error))
        context = {
            **self.admin_site.each_context(request),
            "title": f"ファイルを渡す({source.title})",
            "source": source, "form": form,
            "open_jobs": jobs.open_jobs([JobKind.SCHOOL_FILE], by=request.user),
        }  # fmt: skip
        status = 422 if form.is_bound else 200
        return render(request, "admin/linkage/upload.html", context, status=status)

    def _visible(self, request, pk):
        if not may(request.user, self.view_verb):
            raise Http404
        return get_object_or_404(self.get_queryset(request), pk=pk)

    def _editable(self, request, pk):
        source = self._visible(request, pk)
        if not self.has_change_permission(request, source):
            raise Http404
        return source

    # -- columns --------------------------------------------------------------------------------

    @admin.display(description="学校", ordering="school__name")
    def school_label(self, source):
        return source.school or "自治体全体"

    @admin.display(description="最後の連携")
    def last_state(self, source):
        if source.run_at is None:
            return "まだ"
        return f"{RunState(source.run_state).label}({source.run_at.astimezone(JST):%m-%d %H:%M})"

    @admin.display(description="ファイルから残した数(のべ)")
    def n_records(self, source):
        return "—" if source.n_kept is None else source.n_kept


def _may_edit(request):
    return may(request.user, "linkage.edit")


def _may_bring(request, source):
    return source.kind == SourceKind.SCHOOL_FILES and may(request.user, "linkage.bring", source)
