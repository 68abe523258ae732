"""Admin pages of check-ins: a class's day as counts; answers only with a recorded reason."""

from django.contrib import admin
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from apps.checkins import page_context
from apps.checkins.admin.forms import ClassDayForm
from apps.checkins.admin.recent_days import RecentDaysFilter
from apps.checkins.admin.word_pages import WordPages
from apps.checkins.models import CheckIn
from apps.checkins.services import class_day
from apps.checkins.services.question_sets import current_question_set
from apps.checkins.services.reading import open_for_staff
from apps.core.clock import today
from apps.core.reason_grants import grant_reason, granted_reason
from apps.people.admin_bases.pages import page
from apps.people.admin_bases.staff import ReadOnlyAdmin
from apps.people.models import SchoolClass
from apps.people.permissions import may, visible_students
from apps.vault.forms import OpeningReasonForm
from apps.vault.words import why_unreadable

WEEKS_DAYS = 28
REASON_LABEL = "開く理由(記録に残ります)"


@admin.register(CheckIn)
class CheckInAdmin(WordPages, ReadOnlyAdmin):
    """Who answered when; the answers only after giving a reason."""

    view_verb = "checkins.view"
    row_page = "checkins_open"
    list_display = ["answered_on", "school_class", "student", "question_set", "second_body"]
    change_list_template = "admin/checkins/checkin_list.html"
    list_filter = [RecentDaysFilter, "is_conflict"]
    list_select_related = ["student__home_class", "question_set"]
    empty_value_display = ""
    ordering = ["-pk"]  # the ids are in the order of arrival

    def get_queryset(self, request):
        return super().get_queryset(request).visible_to(request.user).readable_one_by_one()

    @page("<uuid:pk>/open/", "checkins_open")
    def open_page(self, request, pk):
        """Asks for the reason, then shows the answers; opening leaves its own record."""
        row = get_object_or_404(
            self.get_queryset(request).select_related("student__home_class", "question_set"), pk=pk
        )
        form = _reason_form(request)
        context = {
            "title": "チェックインを開く",
            "row": row,
            "form": form,
            "back": reverse("admin:checkins_checkin_changelist"),
        }
        if form.is_valid():
            return _opened(request, form, f"check-in {row.pk}")
        if (reason := granted_reason(request, f"check-in {row.pk}")) and not form.is_bound:
            return self.opened_page(request, row, reason)
        return self._page(request, "admin/checkins/checkin.html", context)

    def closed_page(self, request, row, unsent=""):
        """The page that asks for the reason again; ``unsent`` is a word that was not sent."""
        context = {
            "title": "チェックインを開く",
            "row": row,
            "form": OpeningReasonForm(label=REASON_LABEL),
            "back": reverse("admin:checkins_checkin_changelist"),
            "unsent_word": unsent,
        }
        return self._page(request, "admin/checkins/checkin.html", context, is_bad=True)

    def opened_page(self, request, row, reason, word_form=None):
        """The answers of one check-in, and the short word on it."""
        answers = open_for_staff(row, actor=request.user, reason=reason)
        context = {
            "title": "チェックインを開く",
            "row": row,
            "back": reverse("admin:checkins_checkin_changelist"),
            "answers": answers or [],
            "unreadable": why_unreadable(answers),
            "is_open": True,
            **self.word_context(request, row, reason, word_form),
            "form": word_form,
        }
        return self._page(request, "admin/checkins/checkin.html", context)

    @page("day/", "checkins_day")
    def day_page(self, request):
        """Every class in this person's care on one day, as counts."""
        self._guard(request)
        on = _day(request)
        context = {
            "title": "学級の1日",
            "on": on,
            "classes": class_day.class_days(request.user, on),
        }
        return self._page(request, "admin/checkins/day_overview.html", context)

    @page("day/<uuid:class_id>/", "checkins_class")
    def class_page(self, request, class_id):
        """One class's day: the counts, and with a reason what was answered."""
        self._guard(request)
        on = _day(request)
        days = {each.school_class.pk: each for each in class_day.class_days(request.user, on)}
        school_class = get_object_or_404(SchoolClass, pk=class_id if class_id in days else None)
        form = _reason_form(request)
        context = {"title": f"{school_class} の1日", "on": on, "day": days[class_id], "form": form}
        if form.is_valid():
            return _opened(request, form, f"class {class_id} {on}")
        if (reason := granted_reason(request, f"class {class_id} {on}")) and not form.is_bound:
            context["is_open"] = True
            context["opened"] = class_day.open_class_day(
                school_class, on, actor=request.user, reason=reason
            )
        return self._page(request, "admin/checkins/class_day.html", context)

    @page("student/<uuid:pk>/", "checkins_weeks")
    def weeks_page(self, request, pk):
        """One student's own weeks, opened with a reason."""
        self._guard(request)
        rows = CheckIn.objects.visible_to(request.user)
        student = get_object_or_404(
            visible_students(request.user).filter(pk__in=rows.values("student")), pk=pk
        )
        form = _reason_form(request)
        context = {"title": "この生徒の4週間", "student": student, "form": form}
        if form.is_valid():
            return _opened(request, form, f"weeks {student.pk}")
        if (reason := granted_reason(request, f"weeks {student.pk}")) and not form.is_bound:
            own = class_day.open_weeks(student, actor=request.user, reason=reason, days=WEEKS_DAYS)
            question_set = current_question_set("daily", student.municipality_id)
            context |= {
                "is_open": True,
                **page_context.own_days_context(question_set, own, WEEKS_DAYS),
                **page_context.CHART_SIZE,
            }
        return self._page(request, "admin/checkins/student_weeks.html", context)

    def _guard(self, request):
        if not may(request.user, self.view_verb):
            raise Http404

    def _page(self, request, template, context, *, is_bad=False):
        form = context.get("form")
        is_bad = is_bad or (form is not None and form.is_bound and not form.is_valid())
        context = {**self.admin_site.each_context(request), **context}
        return render(request, template, context, status=422 if is_bad else 200)

    @admin.display(description="学級")
    def school_class(self, row):
        return row.student.home_class

    @admin.display(description="同じ用紙")
    def second_body(self, row):
        return "2通目(ちがう答え)" if row.is_conflict else ""


def _reason_form(request):
    data = request.POST if request.method == "POST" else None
    return OpeningReasonForm(data, label=REASON_LABEL)


def _opened(request, form, place):
    """Redirect to the same page with the reason, so that a reload neither asks nor posts again."""
    grant_reason(request, place, form.cleaned_data["reason"])
    return redirect(request.get_full_path())


def _day(request):
    """The requested day; today where it is missing or invalid."""
    form = ClassDayForm(request.GET)
    return (form.is_valid() and form.cleaned_data["on"]) or today()
