"""Admin pages of support cases. A case shows its student only after a reason."""

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin, messages
from django.http import Http404, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect, render

from apps.cases import forms
from apps.cases.admin import conversation_forms, conversation_guide
from apps.cases.admin.pack_pages import PackPages
from apps.cases.admin.queue import QueueAdmin
from apps.cases.admin.referral_pages import ReferralPages, place_of
from apps.cases.case_states import TRANSITIONS
from apps.cases.models import CaseState, Partner, SupportCase
from apps.cases.services import (
    case_queue,
    case_retention,
    casework,
    closed_cases,
    conversations,
    digests,
    hand_overs,
    plans,
    referrals,
    schemes,
    student_pictures,
)
from apps.cases.services.case_writing import CannotChangeCase, n_written_since, written_so_far
from apps.cases.services.missing_facts import missing_for
from apps.cases.services.timeline import plan_panel, referral_lines, timeline_of
from apps.cases.words import NOT_A_JUDGEMENT, missing_in_words
from apps.core.page_links import requested_page
from apps.core.reason_grants import grant_reason, granted_reason
from apps.people.admin_bases.pages import page
from apps.vault.forms import OpeningReasonForm

WORK_FORMS = {  # name of a button → its form, the permission verb, the transition it needs
    "note": (forms.ObserveForm, casework.add_observation, "note"),
    "talk": (conversation_forms.TalkWithStudentForm, conversations.add_conversation, "note"),
    "family": (conversation_forms.TalkWithGuardianForm, conversations.add_conversation, "note"),
    "decide": (forms.DecideForm, casework.add_decision, "watch"),
    "plan": (forms.PlanForm, plans.add_plan, "plan"),
    "step": (forms.StepForm, plans.add_step, "step"),
    "end": (forms.EndStepForm, plans.end_step, "note"),
    "refer": (forms.ReferForm, referrals.add_referral, "refer"),
    "answer": (forms.ReferralAnswerForm, referrals.enter_answer, "note"),
    "pack": (forms.HandOverForm, hand_overs.add_hand_over, "note"),
    "told": (forms.CentreReportForm, hand_overs.add_centre_report, "note"),
    "scheme": (forms.SchemeStepForm, schemes.add_scheme_step, "note"),
    "outcome": (forms.OutcomeForm, casework.add_outcome, "outcome"),
    "close": (forms.CloseCaseForm, casework.close_case, "close"),
    "reopen": (forms.ReopenForm, casework.reopen_case, "reopen"),
}


@admin.register(SupportCase)
class SupportCaseAdmin(PackPages, ReferralPages, QueueAdmin):
    """The queue, and the page of a case: after a reason with student, evidence and notes."""

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The case: without content until a reason is given, with content while it lasts."""
        return self._page(request, self._case(request, object_id))

    @page("closed/", "cases_closed")
    def closed_page(self, request):
        """The closed cases in this person's care, by month, class, rule and holder."""
        self._check_verb(request)
        choices = closed_cases.filter_choices(request.user)
        form = forms.ClosedCasesForm(request.GET, choices=choices)
        narrowed = form.cleaned_data if form.is_valid() else {}
        cases = closed_cases.closed_cases(request.user, **narrowed)
        shown = requested_page(request, cases, closed_cases.ORDER, closed_cases.PAGE_SIZE)
        kept = urlencode({name: request.GET[name] for name in form.fields if name in request.GET})
        context = {"title": "終わったケース", "form": form, "kept": kept, "page": shown}
        context["kept_words"] = case_retention.kept_in_words(request.user)
        context["rows"] = closed_cases.closed_rows(shown.rows)
        return self._render(request, "closed_cases", context, 200 if form.is_valid() else 422)

    @page("digest/", "cases_digest")
    def digest_page(self, request):
        """Choose the hour of the mail that something waits."""
        self._check_verb(request)
        initial = {"hour": digests.digest_hour(request.user)}
        form = forms.DigestForm(request.POST or None, initial=initial)
        if request.method == "POST" and form.is_valid():
            digests.choose_hour(request.user, form.cleaned_data["hour"])
            messages.success(request, "メールの時刻を決めました。")
            return redirect("admin:index")
        status = 422 if form.is_bound else 200
        return self._render(request, "digest", {"title": "きょうのメール", "form": form}, status)

    @page("guide/", "cases_guide")
    def guide_page(self, request):
        """How to talk with a student or a guardian; nobody's case."""
        self._check_verb(request)
        context = {
            "title": "話すときの手引き",
            "before": conversation_guide.BEFORE,
            "stop": conversation_guide.STOP,
            "not_with": conversation_guide.NOT_WITH,
            "guides": [(one.label, conversation_guide.guide_lines(one)) for one in Partner],
        }
        return self._render(request, "guide", context)

    @page("<uuid:pk>/open/", "cases_open")
    def open_page(self, request, pk):
        """Take the reason and redirect to the open case; showing it leaves the audit row."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        case, form = self._case(request, pk), OpeningReasonForm(request.POST)
        if not form.is_valid():
            return self._closed(request, case, form, status=422)
        grant_reason(request, place_of(case), form.cleaned_data["reason"])
        return redirect("admin:cases_supportcase_change", case.pk)

    @page("<uuid:pk>/work/<slug:what>/", "cases_work")
    def work_page(self, request, pk, what):
        """Add one note, decision, plan …, close or reopen; submitted twice it is one."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        case = self._case(request, pk)
        if what not in WORK_FORMS:
            raise Http404
        form_class, verb, _ = WORK_FORMS[what]
        form = form_class(request.POST, case=case, prefix=what)
        if not granted_reason(request, place_of(case)):
            reason_form = OpeningReasonForm(request.POST)
            if not reason_form.is_valid():
                return self._ask_again(request, case, what, form, reason_form)
            grant_reason(request, place_of(case), reason_form.cleaned_data["reason"])
        try:
            if form.is_valid():
                seen = request.POST.get("seen", "")
                verb(case, actor=request.user, seen=seen, **form.cleaned_data)
                messages.success(request, "残しました。")
                return redirect("admin:cases_supportcase_change", case.pk)
        except CannotChangeCase as error:
            form.add_error(None, str(error))
        case.refresh_from_db()
        return self._page(request, case, form, status=422)

    # -- pages ------------------------------------------------------------------------------------

    def _page(self, request, case, bound=None, status=200):
        reason = granted_reason(request, place_of(case))
        if reason is None:
            return self._closed(request, case, OpeningReasonForm(), status, bound)
        opened = casework.open_case(case, actor=request.user, reason=reason)
        is_closed = opened.case.state == CaseState.CLOSED
        other = casework.other_open_case(opened.case, request.user) if is_closed else None
        context = {
            "opened": opened,
            "signs": [(one, one.sign.rule.sentence) for one in opened.signs],
            "missing": [missing_in_words(one) for one in missing_for(opened.case.student)],
            "pictures": [] if is_closed else self._pictures(request, opened.case, reason),
            "timeline": timeline_of(
                opened, n_written_since(opened.case, request.POST.get("seen", ""), request.user)
            ),
            "plan": plan_panel(opened),
            "confirmed": conversations.confirmed_so_far(opened.notes["conversations"]),
            "offers": [] if is_closed else self._offers(request, opened.case, reason),
            "kept_words": case_retention.kept_words_of(opened.case),
            "packs": [
                (row, row.may_go_out or hand_overs.may_confirm(row, request.user))
                for row, _ in opened.notes["hand_overs"]
            ],
            "referrals": referral_lines(opened),
            "n_unreadable": opened.n_unreadable,
            "works": _named_steps(_works(opened.case, bound, other, request.user), opened),
            "other_open": other,
            "seen": written_so_far(opened.case, request.user),
            "unsent": _unsent(opened.case, bound),
        }
        return self._case_page(request, opened.case, context, status)

    def _offers(self, request, case, reason):
        return schemes.offers_for(case, actor=request.user, reason=reason)

    def _pictures(self, request, case, reason):
        return student_pictures.pictures_of(case, actor=request.user, reason=reason)

    def _closed(self, request, case, form, status=200, bound=None):
        context = {"form": form, "unsent": _unsent(case, bound)}
        return self._case_page(request, case, context, status)

    def _ask_again(self, request, case, what, work, reason_form):
        """The reason has expired: show the text on the page that asks for it, to be sent with it."""
        if "reason" not in request.POST:
            reason_form = OpeningReasonForm()  # no form has been shown yet
        if WORK_FORMS[what][2] not in TRANSITIONS[CaseState(case.state)]:
            return self._closed(request, case, reason_form, status=422, bound=work)
        context = {
            "form": reason_form,
            "work": work,
            "what": what,
            "seen": request.POST.get("seen", ""),
        }
        return self._case_page(request, case, context, status=422)

    def _case_page(self, request, case, context, status):
        row = case_queue.case_row(request.user, case)
        context |= {"title": "支援ケース", "case": case, "row": row}
        return self._render(request, "case", context, status)

    def _render(self, request, name, context, status=200):
        context |= {**self.admin_site.each_context(request), "not_a_judgement": NOT_A_JUDGEMENT}
        return render(request, f"admin/cases/{name}.html", context, status=status)

    def _case(self, request, pk):
        self._check_verb(request)
        try:
            return get_object_or_404(self.get_queryset(request), pk=UUID(str(pk)))
        except ValueError as error:
            raise Http404 from error


# -- helpers --------------------------------------------------------------------------------------


def _works(case, bound, other, user):
    """[(name, form)] for what the case's state allows; the bound form replaces its empty one.

    Where ``other``, another case of the student, is open, this one is not opened again.
    """
    allowed = TRANSITIONS[CaseState(case.state)] if other is None else {}
    return [
        (
            what,
            bound if bound is not None and bound.prefix == what else make(case=case, prefix=what),
        )
        for what, (make, _, move) in WORK_FORMS.items()
        if move in allowed and _has_choices(what, case, user)
    ]


def _named_steps(works, opened):
    """The same forms; a step to be ended is chosen by its words, two of one day are told apart."""
    words = {row.pk: content["words"] for row, content in opened.notes["steps"] if content}
    for what, form in works:
        if what == "end":
            form.fields["step"].words = words
    return works


def _has_choices(what, case, user):
    """Whether there is something to say it about."""
    needs = {
        "step": case.plans,
        "end": plans.steps_to_end(case),
        "answer": case.referrals,
        "family": conversations.guardians_to_talk_with(case),
    }
    if what == "scheme":
        return schemes.may_read_schemes(user, case.student)
    return what not in needs or needs[what].exists()


def _unsent(case, bound):
    """A form that the case's state no longer allows: why, and its text stays on the page."""
    if bound is None or WORK_FORMS[bound.prefix][2] in TRANSITIONS[CaseState(case.state)]:
        return None
    return {"why": bound.non_field_errors(), "words": bound.data.get(f"{bound.prefix}-words", "")}
