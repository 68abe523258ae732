"""Staff pages to upload, compare and import a roster."""

from functools import partial

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from apps.file_jobs.services import jobs
from apps.people import shown_names
from apps.people.admin_bases.pages import page
from apps.people.admin_bases.staff import ReadOnlyAdmin
from apps.people.permissions import cities_where, may
from apps.roster import words
from apps.roster.forms import RosterForm
from apps.roster.models import ImportState, RosterImport
from apps.roster.services import import_conditions, imports, roster_jobs

DECIDED_MESSAGES = {
    ImportState.IMPORTED: "この名簿は、もう取り込まれています。何が変わったかは、このページにあります。",
    ImportState.FORGOTTEN: "この名簿は、もう「取り込まない」で終わっています。",
}


@admin.register(RosterImport)
class RosterImportAdmin(ReadOnlyAdmin):
    """Upload → a worker checks → report → confirm (a worker imports) or drop."""

    view_verb = "roster.import"
    list_display = ["file_name", "state", "created_at", "imported_at", "uploaded_by"]
    list_filter = ["state"]
    change_list_template = "admin/roster/import_list.html"

    def get_queryset(self, request):
        found = super().get_queryset(request)
        cities = cities_where(request.user, self.view_verb)
        return found.filter(municipality__in=cities) | found.filter(uploaded_by=request.user)

    # -- rosters --------------------------------------------------------------------------------

    @page("upload/", "roster_upload")
    def upload(self, request):
        """Upload a zip; a worker checks it, and nothing changes yet."""
        self._check(request, "roster.import")
        form = RosterForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
        if request.method == "POST" and form.is_valid():
            try:
                job = roster_jobs.ask_check(form.cleaned_data["zip"], by=request.user)
                return redirect("admin:file_jobs_job", job.pk)
            except jobs.CannotAsk as error:
                form.add_error("zip", str(error))
        status = 422 if form.is_bound else 200
        open_jobs = jobs.open_jobs(roster_jobs.KINDS, by=request.user)
        return self._page(
            request, "upload", "名簿を選ぶ", {"form": form, "open_jobs": open_jobs}, status
        )

    @page("<uuid:pk>/change/", "roster_rosterimport_change")
    def report(self, request, pk):
        """What the zip would change, as a worker found it: counts, names, notes, problems."""
        self._check(request, "roster.import")
        found = get_object_or_404(self.get_queryset(request), pk=pk)
        job = roster_jobs.compared(found, by=request.user)
        if job is not None and not job.is_over:
            return redirect("admin:file_jobs_job", job.pk)
        return self._report(request, found, job)

    def _report(self, request, found, job, error="", status=200):
        waits = found.state == ImportState.CHECKED
        result = job.result if job is not None else {}
        of_job = result if waits else {}
        shown_names.note_other_names(of_job.get("n_names", 0))
        year = found.report.get("school_year")
        context = {
            **of_job, "roster": found, "school_year": year,
            "error": error or result.get("error", ""), "compared_at": job and job.ended_at,
            "is_compared": "plan" in of_job,
            "cases": words.describe_cases(found.report.get("cases", {})),
            "year_words": import_conditions.school_year_warning(year) if of_job.get("plan") else "",
            "counts": found.report["counts"],
        }  # fmt: skip
        return self._page(request, "report", "名簿の確認", context, status)

    @page("<uuid:pk>/compare/", "roster_compare", require_POST)
    def compare(self, request, pk):
        """Queue a new comparison with the present people."""
        self._check(request, "roster.import")
        found = get_object_or_404(self.get_queryset(request), pk=pk)
        return self._queue(request, found, partial(roster_jobs.ask_compare, found))

    @page("<uuid:pk>/confirm/", "roster_confirm", require_POST)
    def confirm(self, request, pk):
        """Queue the import, or drop the roster."""
        self._check(request, "roster.import")
        found = get_object_or_404(self.get_queryset(request), pk=pk)
        if request.POST.get("verb") == "drop":
            return self._drop(request, found)
        if found.state == ImportState.FORGOTTEN:
            return self._report(request, found, None, imports.ALREADY_DROPPED, 422)
        return self._queue(
            request, found, partial(roster_jobs.ask_import, found, _approval_in(request.POST))
        )

    def _queue(self, request, found, ask):
        if found.state != ImportState.CHECKED:
            messages.info(
                request, DECIDED_MESSAGES.get(found.state, "この名簿は、もう終わっています。")
            )
            return redirect("admin:roster_rosterimport_change", found.pk)
        try:
            return redirect("admin:file_jobs_job", ask(by=request.user).pk)
        except jobs.CannotAsk as error:
            messages.error(request, str(error))
            return redirect("admin:roster_rosterimport_change", found.pk)

    def _drop(self, request, found):
        """Drop the roster; one that is already decided redirects to its report."""
        if imports.drop_import(found, by=request.user):
            messages.info(request, "取り込まずに終わりました。何も変わっていません。")
            return redirect("admin:roster_rosterimport_changelist")
        found.refresh_from_db()
        messages.warning(
            request, DECIDED_MESSAGES.get(found.state, "この名簿は、もう終わっています。")
        )
        return redirect("admin:roster_rosterimport_change", found.pk)

    def _check(self, request, verb):
        if not may(request.user, verb):
            raise PermissionDenied("この ことを する 立場では ありません。")

    def _page(self, request, name, title, context, status=200):
        return self.render_page(request, f"admin/roster/{name}.html", title, context, status)


def _approval_in(sent):
    """The approval that a person gave on the page of a roster."""
    return import_conditions.ImportApproval(
        allow_many_gone=sent.get("many_gone", ""),
        allow_other_year=sent.get("other_year") == "yes",
        code_changes=sent.get("code_changes", ""),
        answers={key.removeprefix("who-"): sent[key] for key in sent if key.startswith("who-")},
    )
