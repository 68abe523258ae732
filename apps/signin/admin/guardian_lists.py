"""A list of guardians: bring a file, say which column is what, look at the difference, decide."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache

from apps.file_jobs.services import jobs
from apps.people import shown_names
from apps.people.doors import RecordDoor
from apps.people.permissions import may, schools_where
from apps.signin.forms import GuardianListForm
from apps.signin.guardian_list_rows import FIELDS
from apps.signin.models import GuardianList
from apps.signin.services import guardian_list_jobs, guardian_lists
from apps.signin.services.guardian_lists import VERB, CannotTake

SHOWN = 50  # rows of each part that the page names; all are counted
TAKEN = (
    "取り込みました。新しい名前 {new}、変わった名前 {changed}。前の一覧の名前は、消していません。"
)


@admin.register(GuardianList)
class GuardianListAdmin(RecordDoor):
    """Upload → columns and difference → take in or drop."""

    view_verb = VERB
    list_display = [
        "brought_at",
        "school",
        "file_name",
        "state",
        "n_new",
        "n_changed",
        "brought_by",
    ]
    list_filter = ["state"]
    list_select_related = ["school", "brought_by"]
    change_list_template = "admin/signin/guardian_lists.html"

    def get_queryset(self, request):
        return super().get_queryset(request).filter(school__in=schools_where(request.user, VERB))

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("bring/", view(self.bring), name="signin_guardian_list_bring"),
            path("<uuid:pk>/change/", view(never_cache(self.look)), name="signin_guardianlist_change"),
            *super().get_urls(),
        ]  # fmt: skip

    def bring(self, request):
        """A file is chosen; a worker reads it, and nothing of it counts yet."""
        if not may(request.user, VERB):
            raise PermissionDenied("保護者の一覧を取り込む立場ではありません。")
        sent = (request.POST, request.FILES) if request.method == "POST" else ()
        form = GuardianListForm(*sent, by=request.user)
        if form.is_bound and form.is_valid():
            file, school = form.cleaned_data["file"], form.cleaned_data["school"]
            try:
                job = guardian_list_jobs.ask_read(school, file, by=request.user)
                return redirect("admin:file_jobs_job", job.pk)
            except jobs.CannotAsk as error:
                form.add_error("file", str(error))
        open_jobs = jobs.open_jobs(guardian_list_jobs.KINDS, by=request.user)
        context = {"form": form, "open_jobs": open_jobs}
        status = 422 if form.errors else 200
        return self._page(request, "guardian_list_bring", "保護者の一覧を選ぶ", context, status)

    def look(self, request, pk):
        """Columns and difference; a POST chooses columns, takes in or drops."""
        found = get_object_or_404(self.get_queryset(request), pk=pk)
        error = ""
        if request.method == "POST":
            try:
                return self._decide(request, found)
            except CannotTake as refused:
                error = str(refused)
        return self._look_page(request, found, error)

    def _decide(self, request, found):
        verb = request.POST.get("verb")
        if verb == "columns":
            names = {name: request.POST.get(f"column-{name}", "") for name in FIELDS}
            guardian_lists.choose_columns(found, names)
        elif verb == "take":
            seen = request.POST.get("seen", "")
            plan = guardian_lists.take(found, by=request.user, seen=seen)
            told = TAKEN.format(new=len(plan.new), changed=len(plan.changed))
            messages.success(request, told)
        elif verb == "drop":
            guardian_lists.drop(found)
            messages.info(request, "取り込まずに終わりました。何も変わっていません。")
        else:
            raise Http404("no such verb")
        return redirect("admin:signin_guardianlist_change", found.pk)

    def _look_page(self, request, found, error):
        of_file = guardian_lists.kept(found)
        context = {"list": found, "of_file": of_file, "error": error, "errors": error}
        if of_file is not None:
            context["columns"] = [
                (name, words, of_file["columns"].get(name, ""))
                for name, (words, _) in FIELDS.items()
            ]
            try:
                context |= _difference(guardian_lists.plan_of(found))
            except CannotTake as refused:
                context["error"] = error or str(refused)
        return self._page(
            request, "guardian_list", f"{found.school} 保護者の一覧", context, 422 if error else 200
        )

    def _page(self, request, name, title, context, status=200):
        context = {**self.admin_site.each_context(request), "title": title, **context}
        return render(request, f"admin/signin/{name}.html", context, status=status)


def _difference(plan):
    shown_names.note_others(min(len(plan.new), SHOWN) + min(len(plan.changed), SHOWN))
    return {
        "plan": plan, "new": plan.new[:SHOWN], "changed": plan.changed[:SHOWN],
        "problems": plan.problems[: SHOWN * 4],
    }  # fmt: skip
