"""The staff's door: the questions as students read them, and check-ins opened with a reason."""

from django.contrib import admin
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join

from apps.checkins.forms import ReasonForm
from apps.checkins.models import CheckIn, QuestionSet
from apps.checkins.services import open_for
from apps.core.templatetags.japanese import ruby
from apps.people.doors import RecordDoor


@admin.register(QuestionSet)
class QuestionSetAdmin(RecordDoor):
    """Versions of the questions, to read. A published version is never edited."""

    view_verb = "checkins.view"
    list_display = ["__str__", "title_words", "published_at", "retired_at"]
    fields = readonly_fields = ["code", "version", "published_at", "retired_at", "preview"]

    @admin.display(description="題")
    def title_words(self, question_set):
        return ruby(question_set.title)

    @admin.display(description="生徒が読む言葉")
    def preview(self, question_set):
        rows = (
            (ruby(question.text), format_html_join("・", "{}", self._labels(question)))
            for question in question_set.questions.prefetch_related("choices")
        )
        return format_html(
            "<p>{}</p><ol>{}</ol>",
            ruby(question_set.lead),
            format_html_join("", "<li>{}<br>{}</li>", rows),
        )

    def _labels(self, question):
        return ((ruby(choice.label),) for choice in question.choices.all())


@admin.register(CheckIn)
class CheckInAdmin(RecordDoor):
    """Who answered when; what was answered only after giving a reason."""

    view_verb = "checkins.view"
    list_display = ["answered_on", "school_class", "student", "question_set", "second_body"]
    list_filter = ["answered_on", "is_conflict"]
    list_select_related = ["student__home_class", "question_set"]
    empty_value_display = ""
    ordering = ["-answered_on", "-received_at"]

    def get_queryset(self, request):
        return super().get_queryset(request).visible_to(request.user).readable()

    def get_urls(self):
        page = self.admin_site.admin_view(self.open_page)
        return [path("<uuid:pk>/open/", page, name="checkins_open"), *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        return redirect("admin:checkins_open", object_id)

    def open_page(self, request, pk):
        """Asks for the reason, then shows the answers; opening leaves its own record."""
        row = get_object_or_404(
            self.get_queryset(request).select_related("student__home_class", "question_set"), pk=pk
        )
        form = ReasonForm(request.POST or None)
        context = {
            **self.admin_site.each_context(request),
            "title": "チェックインを開く",
            "row": row,
            "form": form,
            "back": reverse("admin:checkins_checkin_changelist"),
        }
        if request.method == "POST" and form.is_valid():
            reason = form.cleaned_data["reason"]
            context["answers"] = open_for(row, actor=request.user, reason=reason) or []
            context["is_open"] = True
        status = 422 if form.is_bound and not form.is_valid() else 200
        return render(request, "admin/checkins/open.html", context, status=status)

    @admin.display(description="学級")
    def school_class(self, row):
        return row.student.home_class

    @admin.display(description="同じ用紙")
    def second_body(self, row):
        return "2通目(ちがう答え)" if row.is_conflict else ""
