"""Admin pages of sync runs: their progress, their problems, and the decisions they wait for."""

from django.contrib import admin, messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from apps.linkage.fact_kinds import kind_label
from apps.linkage.models import RunState, SyncRun
from apps.linkage.services import (
    record_loss,
    run_progress,
    slow_files,
    sync_issues,
    sync_runs,
    uploads,
)
from apps.people.admin_bases.pages import page
from apps.people.admin_bases.proposals import ProposalAdmin
from apps.people.admin_bases.staff import ReadOnlyAdmin
from apps.people.permissions import may

RUN_DECISIONS = {"take": {}, "keep": {"keeps_others": True}}


@admin.register(SyncRun)
class SyncRunAdmin(ProposalAdmin, ReadOnlyAdmin):
    """Every run and its problems: where and why rows were not imported, never their content."""

    view_verb = "linkage.view"
    list_display = [
        "page_link", "source", "state", "n_read", "n_kept", "n_unchanged", "n_not_consented",
        "n_issues", "message",
    ]  # fmt: skip
    list_display_links = None
    list_filter = ["state"]
    list_select_related = ["source"]

    def get_queryset(self, request):
        return SyncRun.objects.visible_to(request.user)

    def lookup_allowed(self, lookup, value, request=None):
        """The page of a source leads to its runs."""
        return lookup == "source__id__exact" or super().lookup_allowed(lookup, value, request)

    @admin.display(description="はじめた時", ordering="started_at")
    def page_link(self, run):
        url = reverse("admin:linkage_run", args=[run.pk])
        return format_html('<a href="{}">{}</a>', url, f"{run.began:%m-%d %H:%M}")

    def change_view(self, request, object_id, form_url="", extra_context=None):
        run = self.get_object(request, object_id)
        if run is None:
            raise Http404
        return redirect("admin:linkage_run", run.pk)

    @page("<uuid:pk>/look/", "linkage_run", require_safe)
    def run_page(self, request, pk):
        """One run; the page polls every second while it goes on."""
        run = self._visible(request, pk)
        context = {
            **self.admin_site.each_context(request),
            "title": f"{run.source} {run.began:%m-%d %H:%M}",
            "run": run,
            "percent": run_progress.percent_done(run),
            "may_ask": may(request.user, "linkage.edit", run.source),
        }
        if request.htmx:
            return render(request, "admin/linkage/run.html#live", context)
        context["groups"] = sync_issues.issue_groups(run)
        context["n_noted"] = run.issues.count()
        context["files"] = [(file, kind_label(file.kind)) for file in run.files.all()]
        context["n_set_aside"] = slow_files.count_set_aside(run.source)
        context["waits"] = uploads.awaits_decision(run)
        context["act_open"] = record_loss.pending_loss(run)
        if _waits_with_a_file(run):
            context["report"], context["rows"] = uploads.preview_upload(run)
            context["may_decide"] = may(request.user, "linkage.bring", run.source)
        return render(request, "admin/linkage/run.html", context)

    @page("<uuid:pk>/issues/", "linkage_issues", require_safe)
    def issues(self, request, pk):
        """Download the problems as a CSV table."""
        run = self._visible(request, pk)
        name = f"mondai-{run.began:%Y%m%d-%H%M}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(sync_issues.issues_csv(run), "text/csv; charset=utf-8", headers=headers)

    @page("<uuid:pk>/decide/<slug:what>/", "linkage_decide", require_POST)
    def decide(self, request, pk, what):
        """Decide on a run that waits: try it, import it (and what happens to other rows), or
        discard it.
        """
        run = self._visible(request, pk)
        if not may(request.user, "linkage.bring" if run.upload else "linkage.edit", run.source):
            raise Http404
        if run.upload and what == "drop":
            thrown = uploads.discard_upload(run)
            messages.info(request, uploads.UPLOAD_DISCARDED if thrown else uploads.ALREADY_DECIDED)
            return redirect("admin:linkage_run", run.pk)
        if what == "trial" and _waits_with_a_file(run):
            run = sync_runs.request_run(
                run.source, by=request.user, is_trial=True, upload=run.upload
            )
            return redirect("admin:linkage_run", run.pk)
        if what == "loss":
            return self._begin_loss(request, run)
        if what not in RUN_DECISIONS:
            raise Http404
        try:
            run = uploads.decide_run(run, by=request.user, **RUN_DECISIONS[what])
        except uploads.UploadRefused as error:
            messages.error(request, str(error))
        return redirect("admin:linkage_run", run.pk)

    # -- deleting rows ---------------------------------------------------------------------------

    def _begin_loss(self, request, run):
        """Redirect to the page that shows what would be deleted and asks for a reason."""
        if not record_loss.loss_effects(run).kind:
            messages.error(
                request,
                record_loss.LOSS_NOT_COUNTED
                if uploads.awaits_decision(run)
                else uploads.ALREADY_DECIDED,
            )
            return redirect("admin:linkage_run", run.pk)
        return redirect(self.proposal_url(run, {"accepts_loss": True}, {"accepts_loss": False}))

    def may_propose(self, request):
        return may(request.user, "linkage.bring")

    def back_url(self, row):
        return reverse("admin:linkage_run", args=[row.pk])

    def effects_of(self, row, changes):
        return record_loss.loss_effects(row)

    def propose(self, row, changes, *, by, reason):
        return record_loss.propose_loss(row, by=by, reason=reason)

    def _visible(self, request, pk):
        if not self.has_view_permission(request):
            raise Http404
        return get_object_or_404(self.get_queryset(request).select_related("source"), pk=pk)


def _waits_with_a_file(run):
    return run.state == RunState.HELD and bool(run.upload)
