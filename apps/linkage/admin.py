"""The staff's door to sources and runs. What was linked is never listed here, only counted."""

from django.contrib import admin, messages
from django.db.models import Count, OuterRef, Subquery
from django.http import Http404, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import path

from apps.core.clock import JST
from apps.linkage import services
from apps.linkage.connectors.contract import SourceError
from apps.linkage.forms import SourceForm
from apps.linkage.models import DataSource, RunState, SyncIssue, SyncRun
from apps.people.doors import RecordDoor, StaffDoor
from apps.people.permissions import may


@admin.register(DataSource)
class DataSourceDoor(StaffDoor):
    """The city says where a source is, tries it, and reads it at once."""

    view_verb, edit_verb = "linkage.view", "linkage.edit"
    form = SourceForm
    list_display = ["title", "school", "kind", "is_on", "last_state", "n_records"]
    list_select_related = ["school"]
    ordering = ["school__name", "title"]
    change_form_template = "admin/linkage/datasource/change_form.html"

    def get_queryset(self, request):
        latest = SyncRun.objects.filter(source=OuterRef("pk"))
        return DataSource.objects.visible_to(request.user).annotate(
            n_kept=Count("records"),
            run_state=Subquery(latest.values("state")[:1]),
            run_at=Subquery(latest.values("started_at")[:1]),
        )

    def get_readonly_fields(self, request, obj=None):
        return ["school", "kind"] if obj else []

    def get_form(self, request, obj=None, change=False, **kwargs):
        base = super().get_form(request, obj, change, **kwargs)

        class ForThisPerson(base):
            def __init__(self, *args, **more):
                super().__init__(*args, user=request.user, **more)

        return ForThisPerson

    def save_model(self, request, obj, form, change):
        services.save_source(obj, by=request.user, fields=form.changed_data)

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("<uuid:pk>/check/", view(self.check_now), name="linkage_check"),
            path("<uuid:pk>/sync/", view(self.sync_now), name="linkage_sync"),
            *super().get_urls(),
        ]

    def check_now(self, request, pk):
        """Whether the source answers; reads nobody's data."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        source = self._editable(request, pk)
        try:
            messages.success(request, services.check(source))
        except SourceError as error:
            messages.error(request, str(error))
        return redirect("admin:linkage_datasource_change", pk)

    def sync_now(self, request, pk):
        """いま連携する: one run, then its report."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            run = services.sync(self._editable(request, pk), by=request.user)
        except services.AlreadyRunning as error:
            messages.warning(request, str(error))
            return redirect("admin:linkage_datasource_change", pk)
        level = messages.SUCCESS if run.state == RunState.DONE else messages.WARNING
        words = f"{run.get_state_display()}。新しく・変えて残した数 {run.n_kept}。{run.message}"
        messages.add_message(request, level, words)
        return redirect("admin:linkage_syncrun_change", run.pk)

    def _editable(self, request, pk):
        if not may(request.user, self.edit_verb):
            raise Http404
        return get_object_or_404(self.get_queryset(request), pk=pk)

    @admin.display(description="最後の連携")
    def last_state(self, source):
        if source.run_at is None:
            return "まだ"
        return f"{RunState(source.run_state).label}({source.run_at.astimezone(JST):%m-%d %H:%M})"

    @admin.display(description="いま残している数")
    def n_records(self, source):
        return source.n_kept


class IssueInline(admin.TabularInline):
    """Where and why rows were not taken in; never what they said."""

    model = SyncIssue
    extra = max_num = 0
    fields = readonly_fields = ["file", "line", "column", "reason"]
    can_delete = False

    def has_view_permission(self, request, obj=None):
        return may(request.user, "linkage.view")

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False


@admin.register(SyncRun)
class SyncRunDoor(RecordDoor):
    """Every run and its problems, to read."""

    view_verb = "linkage.view"
    list_display = [
        "started_at", "source", "state", "n_read", "n_kept", "n_unchanged", "n_not_consented",
        "n_issues", "message",
    ]  # fmt: skip
    list_filter = ["state"]
    list_select_related = ["source"]
    inlines = [IssueInline]
    fields = [
        "source", "state", "started_at", "finished_at", "n_read", "n_kept", "n_unchanged",
        "n_not_consented", "message",
    ]  # fmt: skip

    def get_queryset(self, request):
        runs = SyncRun.objects.visible_to(request.user)
        return runs.annotate(n_found=Count("issues"))

    @admin.display(description="問題")
    def n_issues(self, run):
        return run.n_found
