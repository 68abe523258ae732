"""Letters of a whole school as a PDF: choose, request, watch the progress, download."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.core import clock
from apps.people.admin_bases.pages import page
from apps.people.admin_bases.staff import ReadOnlyAdmin
from apps.people.permissions import may, schools_where
from apps.people.services.protection_checks import why_no_letters
from apps.registration.admin.missing_guardians import MissingGuardiansMixin
from apps.registration.forms.letters import SchoolLettersForm
from apps.registration.letter_selection import LetterSelection, letters_of_school
from apps.registration.models import LetterFile
from apps.registration.services import letter_files, print_runs

VERB = "letters.print"
NOBODY = "手紙を作る人がいませんでした。"
GONE = "このPDFは、もうありません。もう一度作ってください。手紙の番号は変わりません。"


@admin.register(LetterFile)
class LetterFileAdmin(MissingGuardiansMixin, ReadOnlyAdmin):
    """The files a person requested; nobody else's can be downloaded."""

    view_verb = VERB
    list_display = ["page_link", "school", "state", "n_pages"]
    list_display_links = None
    list_select_related = ["sheet__school"]
    change_list_template = "admin/registration/letter_file_list.html"

    def get_queryset(self, request):
        return super().get_queryset(request).filter(asked_by=request.user.pk)

    def changelist_view(self, request, extra_context=None):
        schools = schools_where(request.user, VERB).order_by("name", "pk")
        return super().changelist_view(request, {"schools": schools, **(extra_context or {})})

    def change_view(self, request, object_id, form_url="", extra_context=None):
        file = self.get_object(request, object_id)
        return (
            redirect("admin:registration_letter_file", file.pk)
            if file
            else super().change_view(request, object_id, form_url, extra_context)
        )

    @admin.display(description="頼んだ時", ordering="asked_at")
    def page_link(self, file):
        url = reverse("admin:registration_letter_file", args=[file.pk])
        at = file.asked_at.astimezone(clock.JST)
        return format_html('<a href="{}">{}</a>', url, f"{at:%m-%d %H:%M}")

    @admin.display(description="学校")
    def school(self, file):
        return file.sheet.school

    @page("school/<uuid:pk>/", "registration_letters_school", never_cache)
    def school_page(self, request, pk):
        """Choose who gets a letter; a POST creates the letters and requests the PDF."""
        if not may(request.user, VERB):
            raise PermissionDenied("手紙を印刷する立場ではありません。")
        school = get_object_or_404(schools_where(request.user, VERB), pk=pk)
        running = letter_files.pending_file_for(request.user, school)
        if request.method == "POST" and running is not None:
            return redirect("admin:registration_letter_file", running.pk)
        choice = letters_of_school(school, request.user)
        form = SchoolLettersForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            return self._print(request, school, choice, form.cleaned_data)
        context = {
            "school": school, "choice": choice, "form": form, "running": running,
            "counts": [(which, label, len(choice.people[which])) for which, label in LetterSelection.choices],
            "why_none": why_no_letters(school),
            "may_check": may(request.user, "protection.record", school),
        }  # fmt: skip
        return self._page(request, "letters_school", f"{school} 招待の手紙", context, form)

    def _print(self, request, school, choice, answers):
        people = choice.people[answers["which"]]
        try:
            sheet = people and print_runs.print_letters(
                people, school=school, by=request.user, hand_out_on=answers["hand_out_on"]
            )
        except print_runs.CannotPrint as error:
            messages.error(request, str(error))
            return redirect("admin:registration_letters_school", school.pk)
        if not sheet:
            messages.warning(request, NOBODY)
            return redirect("admin:registration_letters_school", school.pk)
        file = letter_files.request_file(sheet, by=request.user)
        return redirect("admin:registration_letter_file", file.pk)

    @page("<uuid:pk>/look/", "registration_letter_file", require_safe, never_cache)
    def file_page(self, request, pk):
        """The progress of the PDF; the page polls every second while it is being made."""
        file = get_object_or_404(self.get_queryset(request), pk=pk)
        context = {"file": file, "school": file.sheet.school}
        if request.htmx:
            return render(request, "admin/registration/letter_file.html#live", context)
        return self._page(request, "letter_file", f"{file.sheet.school} 手紙のPDF", context)

    @page("<uuid:pk>/fetch/", "registration_letter_fetch", require_POST, never_cache)
    def fetch(self, request, pk):
        """Download the PDF; each download is recorded."""
        file = get_object_or_404(self.get_queryset(request), pk=pk)
        content = letter_files.fetch_file(file, by=request.user)
        if content is None:
            messages.info(request, GONE)
            return redirect("admin:registration_letter_file", file.pk)
        at = file.asked_at.astimezone(clock.JST)
        headers = {
            "Content-Disposition": f'attachment; filename="letters-{at:%Y%m%d-%H%M}.pdf"',
            "Cache-Control": "no-store",
        }
        return HttpResponse(content, "application/pdf", headers=headers)

    def _page(self, request, name, title, context, form=None):
        status = 422 if form is not None and form.errors else 200
        return self.render_page(request, f"admin/registration/{name}.html", title, context, status)
