"""Admin pages of what students wrote past their school: for the readers of the city's route."""

from django.contrib import admin
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from apps.checkins.models import CheckIn, WithheldWords
from apps.checkins.services import withheld_words
from apps.checkins.services.reading import answers_in_words
from apps.core.reason_grants import grant_reason, granted_reason
from apps.people.admin_bases.pages import page
from apps.people.admin_bases.staff import ReadOnlyAdmin
from apps.people.services.outside_readers import is_outside_reader
from apps.vault.forms import OpeningReasonForm
from apps.vault.words import why_unreadable


@admin.register(WithheldWords)
class WithheldWordsAdmin(ReadOnlyAdmin):
    """The texts, newest first; name and content only with a reason."""

    view_verb = "help.answer"
    row_page = "checkins_words"
    list_display = ["answered_on", "school", "readers", "opened_at"]
    list_select_related = ["student__school"]
    ordering = ["-pk"]  # the ids are in the order of arrival

    def has_view_permission(self, request, obj=None):
        return super().has_view_permission(request) and is_outside_reader(request.user)

    def get_queryset(self, request):
        return super().get_queryset(request).on_route(request.user).readable_one_by_one()

    @page("<uuid:pk>/open/", "checkins_words")
    def open_page(self, request, pk):
        """Asks for the reason, then shows what was written; opening leaves its own record."""
        rows = self.get_queryset(request).select_related("student__home_class", "student__school")
        row = get_object_or_404(rows, pk=pk)
        form = OpeningReasonForm(request.POST or None, label="開く理由(記録に残ります)")
        if form.is_valid():
            grant_reason(request, f"words {row.pk}", form.cleaned_data["reason"])
            return redirect("admin:checkins_words", row.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": "チェックインに書かれた言葉",
            "row": row,
            "form": form,
            "back": reverse("admin:checkins_withheldwords_changelist"),
        }
        if (reason := granted_reason(request, f"words {row.pk}")) and not form.is_bound:
            context |= _opened(row, request.user, reason)
        status = 422 if form.is_bound else 200
        return render(request, "admin/checkins/words.html", context, status=status)

    @admin.display(description="学校")
    def school(self, row):
        return row.student.school


def _opened(row, actor, reason):
    content = withheld_words.open_words(row, actor=actor, reason=reason)
    unreadable = why_unreadable(content)
    if unreadable:
        return {"is_open": True, "unreadable": unreadable}
    check_in = CheckIn.objects.filter(pk=row.check_in_id).first()
    pairs = answers_in_words(check_in, content["answers"]) if check_in else []
    return {
        "is_open": True,
        "written": [(question, words) for question, words in pairs if words],
        "kept_words": content["kept_words"],
    }
