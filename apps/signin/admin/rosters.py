"""Staff bring a roster in."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_POST

from apps.people.doors import RecordDoor
from apps.people.permissions import cities_where, may
from apps.signin import services
from apps.signin.forms import RosterForm
from apps.signin.models import ImportState, RosterImport

OVER = {
    ImportState.IMPORTED: "この名簿は、もう取り込まれています。何が変わったかは、このページにあります。",
    ImportState.FORGOTTEN: "この名簿は、もう「取り込まない」で終わっています。",
}


@admin.register(RosterImport)
class RosterImportAdmin(RecordDoor):
    """Upload → report → confirm or drop."""

    view_verb = "roster.import"
    list_display = ["file_name", "state", "created_at", "imported_at", "uploaded_by"]
    list_filter = ["state"]
    change_list_template = "admin/signin/roster_list.html"

    def get_queryset(self, request):
        found = super().get_queryset(request)
        cities = cities_where(request.user, self.view_verb)
        return found.filter(municipality__in=cities) | found.filter(uploaded_by=request.user)

    def get_urls(self):
        wrap = self.admin_site.admin_view
        pages = [
            path("upload/", wrap(self.upload), name="signin_roster_upload"),
            path("<uuid:pk>/change/", wrap(self.report), name="signin_rosterimport_change"),
            path(
                "<uuid:pk>/confirm/", wrap(require_POST(self.confirm)), name="signin_roster_confirm"
            ),
        ]
        return pages + super().get_urls()

    # -- rosters --------------------------------------------------------------------------------

    def upload(self, request):
        """A zip is chosen and looked at; nothing changes yet."""
        self._check(request, "roster.import")
        form = RosterForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
        if request.method == "POST" and form.is_valid():
            sent = form.cleaned_data["zip"]
            checked = services.check_roster(sent, sent.name, by=request.user)
            return redirect("admin:signin_rosterimport_change", checked.pk)
        status = 422 if form.is_bound else 200
        return self._page(request, "upload", "名簿を選ぶ", {"form": form}, status)

    def report(self, request, pk):
        """What the zip would change: counts, names, notes, problems."""
        self._check(request, "roster.import")
        found = get_object_or_404(self.get_queryset(request), pk=pk)
        return self._report(request, found, services.Word())

    def _report(self, request, found, word, error="", status=200):
        """The page of a roster, with what was said of it so far."""
        plan = services.preview(found, word.answers)
        year = found.report.get("school_year")
        context = {
            "roster": found, "plan": plan, "word": word, "error": error,
            "kinds": plan.told() if plan else [],
            "told": services.tell(plan) if plan else [],
            "asked": services.ask(plan) if plan else [],
            "cases": services.case_words(found.report.get("cases", {})),
            "school_year": year,
            "year_words": services.year_words(year) if plan else "",
            "counts": found.report["counts"],
        }  # fmt: skip
        return self._page(request, "report", "名簿の確認", context, status)

    def confirm(self, request, pk):
        """Take it in, or drop it."""
        self._check(request, "roster.import")
        found = get_object_or_404(self.get_queryset(request), pk=pk)
        if request.POST.get("verb") == "drop":
            return self._drop(request, found)
        word = _word_in(request.POST)
        try:
            services.import_roster(found, by=request.user, word=word)
        except services.CannotImport as error:
            return self._report(request, found, word, str(error), 422)
        messages.success(request, "名簿を取り込みました。")
        return redirect("admin:signin_rosterimport_change", pk)

    def _drop(self, request, found):
        """End without importing; what is over already leads to its report."""
        if services.forget(found, by=request.user):
            messages.info(request, "取り込まずに終わりました。何も変わっていません。")
            return redirect("admin:signin_rosterimport_changelist")
        found.refresh_from_db()
        messages.warning(request, OVER.get(found.state, "この名簿は、もう終わっています。"))
        return redirect("admin:signin_rosterimport_change", found.pk)

    def _check(self, request, verb):
        if not may(request.user, verb):
            raise PermissionDenied("この ことを する 立場では ありません。")

    def _page(self, request, name, title, context, status=200):
        context = {**self.admin_site.each_context(request), "title": title, **context}
        return render(request, f"admin/signin/{name}.html", context, status=status)


def _word_in(sent):
    """What a person said on the page of a roster."""
    return services.Word(
        allow_many_gone=sent.get("many_gone", ""),
        allow_other_year=sent.get("other_year") == "yes",
        code_moves=sent.get("code_moves", ""),
        answers={key.removeprefix("who-"): sent[key] for key in sent if key.startswith("who-")},
    )
