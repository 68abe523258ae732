"""The page of one case at a meeting: what happened so far, the minutes and the decision."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from apps.cases import forms
from apps.cases.admin.meeting_forms import MinutesForm
from apps.cases.case_states import TRANSITIONS
from apps.cases.models import CaseState, SupportCase
from apps.cases.services import case_queue, case_retention, casework, meeting_minutes
from apps.cases.services.case_writing import (
    CannotChangeCase,
    may_work_on,
    n_written_since,
    written_so_far,
)
from apps.cases.services.meetings import number_for
from apps.cases.services.timeline import plan_panel, timeline_of
from apps.cases.words import NOT_A_JUDGEMENT
from apps.core.clock import today
from apps.core.reason_grants import grant_reason, granted_reason
from apps.people.admin_bases.pages import page
from apps.vault.forms import OpeningReasonForm

ITEM = "admin:cases_meeting_item"
PRESENT = "present_at_meeting"  # in the session: [meeting, posts] of the minutes written last
MOVES = {"minutes": "minutes", "decide": "watch"}  # name of a form → the transition it needs


class MeetingItemPages:
    """For the admin of meetings: the pages of one number of an agenda."""

    @page("<uuid:pk>/items/<uuid:item_pk>/", "cases_meeting_item", require_GET)
    def item_page(self, request, pk, item_pk):
        """One case of the agenda; without a reason it leads to the meeting, which asks for one."""
        item = self._item(request, pk, item_pk)
        if granted_reason(request, place_of(item.meeting)) is None:
            return redirect("admin:cases_casemeeting_change", pk)
        return self._item_page(request, item)

    @page("<uuid:pk>/items/<uuid:item_pk>/<slug:what>/", "cases_meeting_write", require_POST)
    def write_page(self, request, pk, item_pk, what):
        """Append minutes or a decision; submitted twice it is one."""
        item = self._item(request, pk, item_pk)
        if what not in MOVES:
            raise Http404
        form = _form(what, request, item, request.POST)
        if granted_reason(request, place_of(item.meeting)) is None:
            reason_form = OpeningReasonForm(request.POST if "reason" in request.POST else None)
            if not reason_form.is_valid():
                return self._ask_again(request, item, what, form, reason_form)
            grant_reason(request, place_of(item.meeting), reason_form.cleaned_data["reason"])
        try:
            if form.is_valid():
                _write(what, item, form, request)
                messages.success(request, "残しました。")
                return redirect(ITEM, pk, item_pk)
        except CannotChangeCase as error:
            form.add_error(None, str(error))
        return self._item_page(request, item, form, 422)

    def _item_page(self, request, item, bound=None, status=200):
        reason = granted_reason(request, place_of(item.meeting))
        opened = casework.open_case(item.case, actor=request.user, reason=reason, is_meeting=True)
        case, seen = opened.case, request.POST.get("seen", "")
        allowed = TRANSITIONS[CaseState(case.state)]
        context = {
            "opened": opened,
            "timeline": timeline_of(opened, n_written_since(case, seen, request.user)),
            "plan": plan_panel(opened),
            "seen": written_so_far(case, request.user),
            "is_to_come": item.meeting.held_on > today(),
            "kept_words": case_retention.kept_words_of(case),
            "works": [
                (name, bound if bound and bound.prefix == name else _form(name, request, item))
                for name, move in MOVES.items()
                if move in allowed and (name != "minutes" or item.meeting.held_on <= today())
            ],
            "unsent": bound if bound and MOVES[bound.prefix] not in allowed else None,
        }
        return self._render_item(request, item, context, status)

    def _ask_again(self, request, item, what, form, reason_form):
        """The reason has expired: the text stays on the page that asks for it."""
        context = {
            "form": reason_form, "work": form, "what": what, "seen": request.POST.get("seen", ""),
        }  # fmt: skip
        return self._render_item(request, item, context, 422)

    def _render_item(self, request, item, context, status):
        context |= {
            "meeting": item.meeting, "item": item, "not_a_judgement": NOT_A_JUDGEMENT,
            "row": case_queue.case_row(request.user, item.case),
        }  # fmt: skip
        title = f"{item.meeting} A{number_for(item, request.user)}"
        return self.render_page(request, "admin/cases/meeting_item.html", title, context, status)

    def meeting(self, request, pk):
        """A meeting of this person's school; else 404."""
        try:
            return get_object_or_404(self.get_queryset(request), pk=UUID(str(pk)))
        except ValueError as error:
            raise Http404 from error

    def _item(self, request, pk, item_pk):
        """An item whose case this person may open; else 404."""
        cases = SupportCase.objects.visible_to(request.user)
        items = self.meeting(request, pk).items.select_related("case__student", "meeting__school")
        item = get_object_or_404(items, pk=item_pk, case__in=cases)
        if not may_work_on(item.case, request.user):
            raise Http404
        return item


def place_of(meeting):
    """The name under which a reason for opening this meeting is kept."""
    return f"meeting {meeting.pk}"


def _form(what, request, item, data=None):
    if what == "decide":
        return forms.DecideForm(data, case=item.case, prefix=what)
    meeting, posts = request.session.get(PRESENT, ["", []])
    initial = {"present": posts} if meeting == str(item.meeting_id) else {}
    return MinutesForm(data, case=item.case, item=item, prefix=what, initial=initial)


def _write(what, item, form, request):
    told = {**form.cleaned_data, "actor": request.user, "seen": request.POST.get("seen", "")}
    if what == "decide":
        casework.add_decision(item.case, **told)
        return
    told["present"] = list(told["present"])
    meeting_minutes.add_minutes(item, **told)
    request.session[PRESENT] = [str(item.meeting_id), [str(one.pk) for one in told["present"]]]
