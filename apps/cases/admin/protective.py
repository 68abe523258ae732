"""Admin pages of protective cases: for their readers alone, and for the city's route to confirm."""

import uuid

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from apps.cases.admin.protective_forms import (
    KeepForm,
    ProtectForm,
    ProtectiveNoteForm,
    ReaderForm,
    StudentForm,
)
from apps.cases.models import ProtectiveCase, ReaderState
from apps.cases.services import (
    case_retention,
    kept_evidence,
    protective_cases,
    protective_readers,
    protective_steps,
    student_events,
)
from apps.cases.services.protective_cases import CannotProtect
from apps.core.reason_grants import grant_reason, granted_reason
from apps.helpline.models import HelpRequest
from apps.helpline.services.routes import route_in_force
from apps.people.admin_bases.edit_conflicts import listed_staff_name, staff_name
from apps.people.admin_bases.pages import page
from apps.people.admin_bases.staff import ReadOnlyAdmin
from apps.people.permissions import may
from apps.people.services.outside_readers import cities_read_by
from apps.people.services.person_accounts import is_same_person
from apps.vault.forms import OpeningReasonForm
from apps.vault.services.sealed_content import open_sealed
from apps.vault.words import content_words, why_unreadable

LIST, CASE = "admin:cases_protectivecase_changelist", "admin:cases_protectivecase_change"
OPENED = "守るためのケースを開きました。選んだ人は、相談先の人が確かめると読めるようになります。"
NO_ROUTE = (
    "市の相談先がまだ決まっていません。決まるまで、選んだ人は読めるようになりません。"
    "市の担当者に、相談先を決めるようたのんでください(このケースのことは言わなくてよいです)。"
)
DONE = "残しました。"
NOT_SURE = "まだ消していません。もとにもどせないことを確かめて、しるしを付けてください。"
READ_VERB = "help.answer"  # who holds it may be a reader, or is on the city's route
MOST_SHOWN = 50


@admin.register(ProtectiveCase)
class ProtectiveCaseAdmin(ReadOnlyAdmin):
    """The list of what this person reads, and the page of one case."""

    is_small = True
    list_display = ["opened_at", "topic", "of_class", "state"]
    list_select_related = ["student__home_class"]
    change_list_template = "admin/cases/protective_list.html"

    def has_view_permission(self, request, obj=None):
        """For everybody who might read one: whether one does shows on the list alone."""
        return may(request.user, READ_VERB)

    def get_queryset(self, request):
        return ProtectiveCase.objects.visible_to(request.user)

    @admin.display(description="学級")
    def of_class(self, case):
        return case.student.home_class.title if case.student.home_class else "学級なし"

    @admin.display(description="状態")
    def state(self, case):
        return "おわり" if case.closed_at else "つづいています"

    def changelist_view(self, request, extra_context=None):
        requests = HelpRequest.objects.visible_to(request.user).open().filter(is_protected=True)
        changes = protective_readers.changes_waiting_for(request.user).order_by("asked_at")
        changes = changes.prefetch_related("person__staff_posts", "asked_by__staff_posts")
        more = {
            "title": "守るためのケース",
            "may_open": may(request.user, protective_cases.VERB),
            "changes": [
                (row, listed_staff_name(row.person), listed_staff_name(row.asked_by))
                for row in changes[:MOST_SHOWN]
            ],
            "requests": requests[:MOST_SHOWN] if cities_read_by(request.user) else (),
        }
        return super().changelist_view(request, more | (extra_context or {}))

    # -- opening ----------------------------------------------------------------------------------

    @page("protect/", "cases_protect")
    def protect_page(self, request):
        """Open a case: first the student (or ?request=ID), then what, and who reads it."""
        if not self.has_view_permission(request):
            raise PermissionDenied("守るためのケースを開く立場ではありません。")
        help_request = _request(request)
        student = help_request.student if help_request else _student(request)
        if student is None:
            data = request.GET if "student" in request.GET else None
            form = StudentForm(data, students=student_events.students_for(request.user))
            return self._protect(request, form, None)
        posts = protective_cases.people_for(student, request.user)
        form = ProtectForm(request.POST or None, posts=posts)
        if request.method == "POST" and form.is_valid():
            told = form.cleaned_data
            try:
                case = protective_cases.open_protective_case(
                    student, actor=request.user, topic=told["topic"], readers=form.chosen,
                    words=told["facts"], named=told["named"], form_key=told["form_key"],
                    request=help_request,
                )  # fmt: skip
            except CannotProtect as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, OPENED)
                if route_in_force(student.municipality_id) is None:
                    messages.warning(request, NO_ROUTE)
                return redirect(CASE, case.pk)
        return self._protect(request, form, student, 422 if form.errors else 200)

    def _protect(self, request, form, student, status=200):
        context = {"form": form, "student": student}
        title = "守るためのケースを開く"
        return self.render_page(request, "admin/cases/protect.html", title, context, status)

    # -- one case ---------------------------------------------------------------------------------

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """One case: without content until a reason is given."""
        return self._page(request, self._case(request, object_id))

    @page("<uuid:pk>/open/", "cases_protective_open")
    def open_page(self, request, pk):
        """Take the reason and redirect to the case; showing it leaves the audit row."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        case, form = self._case(request, pk), OpeningReasonForm(request.POST)
        if not form.is_valid():
            return self._page(request, case, 422, reason_form=form)
        grant_reason(request, _place(case), form.cleaned_data["reason"])
        return redirect(CASE, case.pk)

    @page("<uuid:pk>/act/<slug:what>/", "cases_protective_act")
    def act_page(self, request, pk, what):
        """Write, ask for a reader, ask to remove one, keep evidence, confirm it or destroy it."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        case = self._case(request, pk)
        if what not in ACTS:
            raise Http404
        if granted_reason(request, _place(case)) is None:
            unsent = request.POST.get("facts", "")
            return self._page(request, case, 422, unsent=unsent)
        if what == "destroy" and "sure" not in request.POST:
            messages.error(request, NOT_SURE)
            return redirect(CASE, case.pk)
        form, act = ACTS[what](request, case)
        try:
            if form is None or form.is_valid():
                act()
                messages.success(request, DONE)
                return redirect(CASE, case.pk)
        except CannotProtect as error:
            if form is None:
                messages.error(request, str(error))
                return redirect(CASE, case.pk)
            form.add_error(None, str(error))
        return self._page(request, case, 422, bound={what: form})

    @page("readers/<uuid:pk>/<slug:answer>/", "cases_protective_decide")
    def decide_page(self, request, pk, answer):
        """Agree to a change of readers or refuse it, as somebody of the city's route."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        rows = protective_readers.changes_waiting_for(request.user)
        row = get_object_or_404(rows, pk=pk)
        if answer not in ("yes", "no"):
            raise Http404
        try:
            protective_readers.decide_change(row, by=request.user, agrees=answer == "yes")
            messages.success(request, DONE)
        except CannotProtect as error:
            messages.error(request, str(error))
        return redirect(LIST)

    def _case(self, request, pk):
        try:
            return get_object_or_404(self.get_queryset(request), pk=uuid.UUID(str(pk)))
        except ValueError as error:
            raise Http404 from error

    def _page(self, request, case, status=200, reason_form=None, bound=None, unsent=None):
        reason = granted_reason(request, _place(case))
        context = {
            "kept_words": case_retention.kept_words_of(case),
            "case": case, "of_class": self.of_class(case), "is_open": reason is not None,
            "form": reason_form or OpeningReasonForm(),
            "open_url": reverse("admin:cases_protective_open", args=[case.pk]),
            "is_late": unsent is not None, "unsent": unsent,
        }  # fmt: skip
        if reason is not None:
            context |= _content(request.user, case, reason, bound or {})
        title = "守るためのケース"
        return self.render_page(request, "admin/cases/protective.html", title, context, status)


def _content(user, case, reason, bound):
    notes, kept = list(case.notes.select_related("student")), list(case.evidence.all())
    words = open_sealed(notes, actor=user, reason=reason) if notes else []
    copies = open_sealed(kept, actor=user, reason=reason) if kept else []
    readers = case.readers.exclude(state__in=[ReaderState.KEPT_FROM, ReaderState.ENDED])
    posts = protective_cases.people_for(case.student, user)
    note_form = bound.get("note") or ProtectiveNoteForm(case=case)
    note_form.fields["step"].words = {
        row.pk: one["words"] for row, one in zip(notes, words, strict=True) if one
    }
    return {
        "notes": [
            (row, content_words(one), protective_steps.lines_of(one))
            for row, one in zip(notes, words, strict=True)
        ],
        "steps": [
            (one["words"], protective_steps.lines_of(one), is_over)
            for _note, one, is_over in protective_steps.open_steps(
                list(zip(notes, words, strict=True))
            )
        ],
        "kept": [
            (
                row,
                one or {},
                "" if one else why_unreadable(one),
                not is_same_person(user, row.kept_by_id),
            )
            for row, one in zip(kept, copies, strict=True)
        ],
        "readers": [(row, staff_name(row.person)) for row in readers.select_related("person")],
        "signs": [
            (one, bound.get("keep") or KeepForm(auto_id=f"id_{one.sign.pk}_%s"))
            for one in kept_evidence.open_signs_for(case, user)
        ],
        "note_form": note_form,
        "reader_form": bound.get("reader") or ReaderForm(posts=posts),
    }


# -- acts: (the form or None, what to do when it is valid) ----------------------------------------


def _note(request, case):
    form = ProtectiveNoteForm(request.POST, case=case)

    def act():
        told = form.cleaned_data
        protective_cases.add_protective_note(
            case, actor=request.user, kind=told["kind"], words=told["facts"],
            form_key=told["form_key"], more=form.more,
        )  # fmt: skip

    return form, act


def _reader(request, case):
    form = ReaderForm(request.POST, posts=protective_cases.people_for(case.student, request.user))
    return form, lambda: protective_readers.ask_reader(case, form.chosen, by=request.user)


def _remove(request, case):
    row = _row(case.readers, request)
    return None, lambda: protective_readers.ask_removal(row, by=request.user)


def _keep(request, case):
    form, sign = KeepForm(request.POST), _id(request)
    return form, lambda: kept_evidence.keep_evidence(
        case, sign, actor=request.user, reason=form.cleaned_data["reason"]
    )


def _confirm(agrees):
    def act(request, case):
        row = _row(case.evidence, request)
        return None, lambda: kept_evidence.confirm_evidence(row, actor=request.user, agrees=agrees)

    return act


ACTS = {
    "note": _note,
    "reader": _reader,
    "remove": _remove,
    "keep": _keep,
    "confirm": _confirm(agrees=True),
    "destroy": _confirm(agrees=False),
}


def _row(rows, request):
    return get_object_or_404(rows, pk=_id(request))


def _id(request):
    try:
        return uuid.UUID(request.POST.get("row", ""))
    except ValueError as error:
        raise Http404 from error


def _request(request):
    """The help request that the address names; None where it names none."""
    if "request" not in request.GET:
        return None
    try:
        pk = uuid.UUID(request.GET["request"])
    except ValueError as error:
        raise Http404 from error
    rows = HelpRequest.objects.visible_to(request.user).select_related("student__home_class")
    return get_object_or_404(rows, pk=pk)


def _student(request):
    """The chosen student; None where none is chosen yet, or it may not be."""
    text = request.GET.get("student", "")
    students = student_events.students_for(request.user)
    try:
        return students.filter(pk=uuid.UUID(text)).first()
    except ValueError:
        return None


def _place(case):
    return f"protective {case.pk}"
