"""The queue of the helpdesk: a list, one question with its acts, a question of a caller."""

import uuid

from django.contrib import admin, messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.utils.timesince import timesince
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from apps.helpdesk.admin.question_forms import (
    AnswerTemplateForm,
    EnterQuestionForm,
    IssueFromQuestionForm,
    QuestionHandOverForm,
    QuestionVersionForm,
    SupportReplyForm,
)
from apps.helpdesk.admin.support_people import SupportPeopleMixin
from apps.helpdesk.models import AnswerTemplate, QuestionState, SupportIssue, SupportQuestion
from apps.helpdesk.models.questions import ANSWER_VERB
from apps.helpdesk.services import entered_questions, issues, question_queue, questions
from apps.people.admin_bases.city_rows import CityRowAdmin
from apps.people.admin_bases.paged_lists import DefaultListFilter
from apps.people.admin_bases.pages import page
from apps.people.admin_bases.staff import ReadOnlyAdmin
from apps.people.models import Municipality, School, Student
from apps.people.permissions import cities_where, not_own_family, students_where
from apps.signin.services.session_endings import name_of, person_endable_by

LIST = "admin:helpdesk_supportquestion_changelist"


class OpenQuestionsFilter(DefaultListFilter):
    """Those that wait, the longest waiting first; all, the newest first."""

    title, parameter_name = "状態", "open"

    def lookups(self, request, model_admin):
        return [("open", "終わっていない"), ("all", "すべて")]

    def queryset(self, request, queryset):
        return queryset if self.chosen == "all" else queryset.open()


@admin.register(SupportQuestion)
class SupportQuestionAdmin(SupportPeopleMixin, ReadOnlyAdmin):
    view_verb, row_page = ANSWER_VERB, "helpdesk_question"
    list_display = ["asked_at", "topic", "side", "school", "state", "assignee", "answered_in"]
    list_filter = [OpenQuestionsFilter]
    list_select_related = ["school", "assignee"]
    change_list_template = "admin/helpdesk/question_list.html"

    def has_view_permission(self, request, obj=None):
        if obj is not None:
            return SupportQuestion.objects.visible_to(request.user).filter(pk=obj.pk).exists()
        return super().has_view_permission(request)

    def get_queryset(self, request):
        return SupportQuestion.objects.visible_to(request.user)

    def get_ordering(self, request):
        is_all = request.GET.get(OpenQuestionsFilter.parameter_name) == "all"
        return ["-asked_at", "-pk"] if is_all else ["asked_at", "pk"]

    def changelist_view(self, request, extra_context=None):
        times = question_queue.newest_times(request.user)
        return super().changelist_view(request, {"times": times, **(extra_context or {})})

    @page("<uuid:pk>/question/", "helpdesk_question", never_cache, require_http_methods(["GET", "POST"]))  # fmt: skip
    def question(self, request, pk):
        """One question and its replies; a POST replies."""
        row = self._row(request, pk)
        form = SupportReplyForm(request.POST if request.method == "POST" else None)
        if form.is_bound and form.is_valid():
            found = form.cleaned_data
            done = self._done(
                request, question_queue.reply_to_question, row, "返事を残しました。",
                text=found["text"], form_key=found["form_key"], seen=found["version"],
            )  # fmt: skip
            if done:
                return redirect("admin:helpdesk_question", row.pk)
            row.refresh_from_db()
        return self._shown(request, row, form)

    @page("<uuid:pk>/take/", "helpdesk_question_take", require_POST)
    def take(self, request, pk):
        """Make it one's own."""
        return self._act(request, pk, question_queue.take_question, "担当になりました。")

    @page("<uuid:pk>/end/", "helpdesk_question_end", require_POST)
    def end(self, request, pk):
        """It is solved."""
        return self._act(
            request, pk, question_queue.end_question, "終わりにしました。", to_list=True
        )

    @page("<uuid:pk>/hand-over/", "helpdesk_question_hand_over", require_POST)
    def hand_over(self, request, pk):
        """Give a student's words to the people of the helpline."""
        form = QuestionHandOverForm(request.POST)
        if not form.is_valid():
            messages.error(
                request,
                "学校の大人のことが書いてあるか、どちらかを選んでください。まだ渡していません。",
            )
            return redirect("admin:helpdesk_question", self._row(request, pk).pk)
        words = "相談の人に渡しました。内容は、もうここでは読めません。"
        return self._act(
            request, pk, question_queue.hand_over_question, words, to_list=True,
            is_about_adult=form.cleaned_data["is_about_adult"],
        )  # fmt: skip

    @page("<uuid:pk>/issue/", "helpdesk_question_issue", require_POST)
    def issue(self, request, pk):
        """Write it down in the register, without the person."""
        row, form = self._row(request, pk), IssueFromQuestionForm(request.POST)
        if not form.is_valid():
            return self._shown(request, row, SupportReplyForm(), form)
        self._done(
            request, issues.record_from_question, row, "課題に書きとめました。", **form.cleaned_data
        )
        return redirect("admin:helpdesk_question", row.pk)

    @page("enter/", "helpdesk_question_enter", require_http_methods(["GET", "POST"]))
    def enter(self, request):
        """Write down what somebody asks on the telephone."""
        cities = cities_where(request.user, ANSWER_VERB)
        if not cities:
            raise Http404
        student = self._student(request)
        schools = School.objects.filter(municipality__in=cities).order_by("name")
        posted = request.POST if request.method == "POST" else None
        form = EnterQuestionForm(posted, schools=schools, student=student)
        if form.is_bound and form.is_valid():
            found = dict(form.cleaned_data)
            school = found.pop("school", None)
            place = student or school
            if place is None and len(cities) > 1:
                form.add_error("school", "どの市のことかわかるように、学校を選んでください。")
                return self._entered(request, form, student)
            city = place.municipality if place else Municipality.objects.get(pk__in=cities)
            try:
                row = entered_questions.enter_question(
                    by=request.user, municipality=city, student=student, school=school,
                    side=found.pop("side", "student"), **found,
                )  # fmt: skip
                return redirect("admin:helpdesk_question", row.pk)
            except questions.CannotAskHelpdesk as error:
                form.add_error(None, str(error))
        return self._entered(request, form, student)

    def _entered(self, request, form, student):
        """The form for what somebody asks on the telephone."""
        context = {"form": form, "student": student}
        status = 422 if form.is_bound else 200
        title = "電話や窓口で聞かれた質問"
        return self.render_page(request, "admin/helpdesk/enter.html", title, context, status)

    def _student(self, request):
        """The student of ``?student=``, of those this person may see in the roster; none of their own family."""
        try:
            pk = uuid.UUID(request.GET.get("student", ""))
        except ValueError:
            return None
        seen = students_where(request.user, "roster.view") & not_own_family(request.user)
        reached = Student.objects.enrolled().filter(seen)
        return get_object_or_404(reached.select_related("municipality", "school"), pk=pk)

    def _act(self, request, pk, act, words, *, to_list=False, **more):
        row = self._row(request, pk)
        form = QuestionVersionForm(request.POST)
        seen = form.cleaned_data["version"] if form.is_valid() else 0
        is_done = self._done(request, act, row, words, seen=seen, **more)
        return (
            redirect(LIST) if is_done and to_list else redirect("admin:helpdesk_question", row.pk)
        )

    def _done(self, request, act, row, success, /, **arguments):
        try:
            act(row, by=request.user, **arguments)
        except question_queue.CannotAnswerQuestion as error:
            messages.error(request, str(error))
            return False
        messages.success(request, success)
        return True

    def _shown(self, request, row, form, issue_form=None):
        asker = row.asked_by_id and person_endable_by(request.user, row.asked_by_id)
        templates = question_queue.templates_for(row)
        chosen = next((t for t in templates if str(t.pk) == request.GET.get("template")), None)
        context = {
            "row": row, "form": form, "asker_name": name_of(asker) if asker else "", "templates": templates, "form_key": uuid.uuid4(),
            "text": form["text"].value() if form.is_bound else chosen.body if chosen else "",
            "replies": question_queue.open_question(row, by=request.user),
            "issue": SupportIssue.objects.filter(question=row).first(),
            "issue_form": issue_form or IssueFromQuestionForm(),
        }  # fmt: skip
        status = 422 if form.is_bound or issue_form else 200
        return self.render_page(
            request, "admin/helpdesk/question.html", "使い方の質問", context, status
        )

    def _row(self, request, pk):
        """What was handed over is nobody's here any more."""
        rows = self.get_queryset(request).exclude(state=QuestionState.HANDED_OVER)
        return get_object_or_404(
            rows.select_related("school", "student__home_class", "asked_by", "assignee"), pk=pk
        )

    @admin.display(description="はじめの返事まで")
    def answered_in(self, row):
        return timesince(row.asked_at, row.first_answered_at) if row.first_answered_at else "—"


@admin.register(AnswerTemplate)
class AnswerTemplateAdmin(CityRowAdmin):
    view_verb = edit_verb = ANSWER_VERB
    form = AnswerTemplateForm
    list_display = ["title", "topic"]
    list_filter = ["topic"]
