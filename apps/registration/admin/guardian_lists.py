"""Staff pages for a list of guardians: upload, choose columns, compare, apply or drop."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache

from apps.file_jobs.services import jobs
from apps.people import shown_names
from apps.people.admin_bases.pages import page
from apps.people.admin_bases.staff import ReadOnlyAdmin
from apps.people.models import Relation
from apps.people.permissions import may, schools_where
from apps.registration.forms.guardian_lists import GuardianListForm
from apps.registration.guardian_list_rows import FIELDS
from apps.registration.models import GuardianList
from apps.registration.services import guardian_list_jobs, guardian_lists
from apps.registration.services.guardian_lists import VERB, CannotApplyList

APPLIED = (
    "取り込みました。新しい名前 {new}、変わった名前 {changed}。前の一覧の名前は、消していません。"
)


@admin.register(GuardianList)
class GuardianListAdmin(ReadOnlyAdmin):
    """Upload → columns and comparison → apply or drop."""

    view_verb = VERB
    list_display = [
        "uploaded_at",
        "school",
        "file_name",
        "state",
        "n_new",
        "n_changed",
        "uploaded_by",
    ]
    list_filter = ["state"]
    list_select_related = ["school", "uploaded_by"]
    change_list_template = "admin/registration/guardian_list_list.html"

    def get_queryset(self, request):
        return super().get_queryset(request).filter(school__in=schools_where(request.user, VERB))

    @page("bring/", "registration_guardian_list_upload")
    def upload(self, request):
        """Upload a file; a worker reads it, and nothing of it counts yet."""
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
        return self._page(request, "guardian_list_upload", "保護者の一覧を選ぶ", context, status)

    @page("<uuid:pk>/change/", "registration_guardianlist_change", never_cache)
    def review(self, request, pk):
        """Show columns and comparison; a POST chooses columns, applies or drops the list."""
        found = get_object_or_404(self.get_queryset(request), pk=pk)
        error = ""
        if request.method == "POST":
            try:
                return self._decide(request, found)
            except CannotApplyList as refused:
                error = str(refused)
        return self._review_page(request, found, error)

    def _decide(self, request, found):
        verb = request.POST.get("verb")
        if verb == "columns":
            names = {name: request.POST.get(f"column-{name}", "") for name in FIELDS}
            guardian_lists.choose_columns(found, names, by=request.user)
        elif verb == "take":
            page_token = request.POST.get("page_token", "")
            plan = guardian_lists.apply_list(found, by=request.user, page_token=page_token)
            message = APPLIED.format(new=len(plan.new), changed=len(plan.changed))
            messages.success(request, message)
        elif verb == "drop":
            guardian_lists.drop_list(found)
            messages.info(request, "取り込まずに終わりました。何も変わっていません。")
        else:
            raise Http404("no such verb")
        return redirect("admin:registration_guardianlist_change", found.pk)

    def _review_page(self, request, found, error):
        of_file = guardian_lists.stored_rows(found)
        context = {"list": found, "of_file": of_file, "error": error, "errors": error}
        if of_file is not None:
            context["columns"] = [
                (name, words, of_file["columns"].get(name, ""))
                for name, (words, _) in FIELDS.items()
            ]
            try:
                context |= _difference(guardian_lists.plan_list(found, reader=request.user))
            except CannotApplyList as refused:
                context["error"] = error or str(refused)
        return self._page(
            request, "guardian_list", f"{found.school} 保護者の一覧", context, 422 if error else 200
        )

    def _page(self, request, name, title, context, status=200):
        return self.render_page(request, f"admin/registration/{name}.html", title, context, status)


def _difference(plan):
    """Every row that would be taken: whoever takes the list has seen all of it."""
    shown_names.note_other_names(len(plan.new) + len(plan.changed))
    labels = dict(Relation.choices)
    new, changed = (
        [(row, listed, labels.get(listed.relation, "")) for row, listed in group]
        for group in (plan.new, plan.changed)
    )
    return {"plan": plan, "new": new, "changed": changed, "problems": plan.problems}
