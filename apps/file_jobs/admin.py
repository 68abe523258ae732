"""Admin pages of file jobs: progress, and the result."""

from django.contrib import admin
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.core import clock
from apps.file_jobs.models import VERBS, FileJob, JobState
from apps.people.admin_bases.pages import page
from apps.people.admin_bases.staff import ReadOnlyAdmin
from apps.people.permissions import may


@admin.register(FileJob)
class FileJobAdmin(ReadOnlyAdmin):
    """The user's own jobs only."""

    list_display = ["page_link", "kind", "file_name", "state"]
    list_display_links = None

    def get_queryset(self, request):
        return super().get_queryset(request).filter(asked_by=request.user.pk)

    def has_view_permission(self, request, obj=None):
        return any(may(request.user, verb) for verb in set(VERBS.values()))

    def change_view(self, request, object_id, form_url="", extra_context=None):
        job = self.get_object(request, object_id)
        if job is None:
            return super().change_view(request, object_id, form_url, extra_context)
        return redirect("admin:file_jobs_job", job.pk)

    @admin.display(description="頼んだ時", ordering="asked_at")
    def page_link(self, job):
        url = reverse("admin:file_jobs_job", args=[job.pk])
        at = job.asked_at.astimezone(clock.JST)
        return format_html('<a href="{}">{}</a>', url, f"{at:%m-%d %H:%M}")

    @page("<uuid:pk>/look/", "file_jobs_job", require_safe, never_cache)
    def job_page(self, request, pk):
        """The progress, refreshed every second; when done, a redirect to the result."""
        job = get_object_or_404(self.get_queryset(request), pk=pk)
        lead = job.result.get("lead", "") if job.is_over else ""
        if lead and request.htmx:
            return HttpResponse(headers={"HX-Redirect": lead})
        if lead and job.state == JobState.DONE:
            return redirect(lead)
        context = {
            **self.admin_site.each_context(request), "title": job.get_kind_display(), "job": job,
            "why": job.result.get("why") or job.get_fault_display(),
            "back": job.options.get("back", ""),
        }  # fmt: skip
        name = "admin/file_jobs/job.html"
        return render(request, f"{name}#live" if request.htmx else name, context)
