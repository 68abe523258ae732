"""Admin pages of meetings: the list, the agenda, one case of it, and the agenda for print."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from apps.cases.admin.assign_pages import MOST_CASES, ids_among
from apps.cases.admin.meeting_forms import CallMeetingForm, MoveMeetingForm
from apps.cases.admin.meeting_items import MeetingItemPages, place_of
from apps.cases.models import CaseMeeting
from apps.cases.services import case_queue, meetings
from apps.cases.services.case_writing import CannotChangeCase
from apps.cases.services.meeting_minutes import spoken_lines
from apps.cases.words import NOT_A_JUDGEMENT
from apps.core.reason_grants import grant_reason, granted_reason
from apps.people.admin_bases.edit_conflicts import listed_staff_name, staff_name
from apps.people.admin_bases.pages import page
from apps.people.admin_bases.staff import ReadOnlyAdmin
from apps.people.permissions import may
from apps.vault.forms import OpeningReasonForm
from apps.vault.words import why_unreadable

QUEUE = "admin:cases_supportcase_changelist"
MEETING = "admin:cases_casemeeting_change"
GONE = "{}件は、選んだあとに終わったか、見られなくなったので、入れていません。"
NOBODY_PICKED = "議題にするケースを、一覧で選んでください。"


@admin.register(CaseMeeting)
class MeetingAdmin(MeetingItemPages, ReadOnlyAdmin):
    """The meetings of the school; names of students appear only after a reason."""

    view_verb = "cases.view"
    list_display = ["day", "kind", "school", "n_items", "by"]
    list_display_links = ["day"]
    list_per_page = 30
    change_list_template = "admin/cases/meeting_list.html"

    def get_queryset(self, request):
        rows = meetings.known_meetings(request.user)
        return rows.select_related("school").prefetch_related("called_by__staff_posts")

    def get_ordering(self, request):
        return ("-held_on", "-id")

    @admin.display(description="会議の日")
    def day(self, meeting):
        on = meeting.held_on
        return f"{on.year}年{on.month}月{on.day}日"

    @admin.display(description="議題")
    def n_items(self, meeting):
        return f"{meeting.n_items}件"

    @admin.display(description="作った人")
    def by(self, meeting):
        return listed_staff_name(meeting.called_by)

    # -- making it --------------------------------------------------------------------------------

    @page("call/", "cases_meeting_call")
    def call_page(self, request):
        """Put the picked cases on the agenda of a new meeting, or of one to come."""
        if not may(request.user, meetings.VERB):
            raise PermissionDenied("会議の議題を作る立場ではありません。")
        is_sent = request.method == "POST"
        cases = self._picked(request, request.POST if is_sent else request.GET)
        if is_sent and not cases:
            messages.warning(request, NOBODY_PICKED)
            return redirect(QUEUE)
        to_come = meetings.meetings_to_come(cases[0].school, request.user) if cases else ()
        form = CallMeetingForm(request.POST if is_sent else None, meetings=to_come)
        if is_sent and form.is_valid():
            try:
                meeting = _put_on_agenda(form, cases, request.user)
            except CannotChangeCase as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, f"{meeting}の議題にしました。")
                if n_gone := len(set(request.POST.getlist("pick"))) - len(cases):
                    messages.warning(request, GONE.format(n_gone))
                return redirect(MEETING, meeting.pk)
        rows = zip(cases, case_queue.rows_of(cases), strict=True)
        context = {"form": form, "picked": list(rows), "not_a_judgement": NOT_A_JUDGEMENT}
        title, status = "会議の議題にする", 422 if form.errors else 200
        return self.render_page(request, "admin/cases/meeting_call.html", title, context, status)

    def _picked(self, request, data):
        ids = ids_among(data.getlist("pick"))[:MOST_CASES]
        rows = case_queue.visible_cases(request.user).open().filter(pk__in=ids)
        rows = case_queue.with_rows(rows).select_related("school", "student__home_class")
        return list(rows.order_by(*case_queue.order_for(request.user)))

    # -- one meeting ------------------------------------------------------------------------------

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The agenda: by number and class until a reason is given, with names while it lasts."""
        return self._meeting_page(request, self.meeting(request, object_id))

    @page("<uuid:pk>/open/", "cases_meeting_open", require_POST)
    def open_page(self, request, pk):
        """Take the reason and redirect to the meeting; showing it leaves the audit rows."""
        meeting, form = self.meeting(request, pk), OpeningReasonForm(request.POST)
        if not form.is_valid():
            return self._meeting_page(request, meeting, {"form": form}, 422)
        grant_reason(request, place_of(meeting), form.cleaned_data["reason"])
        return redirect(MEETING, meeting.pk)

    @page("<uuid:pk>/move/", "cases_meeting_move", require_POST)
    def move_page(self, request, pk):
        """Put the meeting on another day."""
        meeting, form = self.meeting(request, pk), MoveMeetingForm(request.POST)
        try:
            if form.is_valid():
                seen = request.POST.get("seen", "")
                on = form.cleaned_data["held_on"]
                meetings.move_meeting(meeting, actor=request.user, held_on=on, seen=seen)
                messages.success(request, "会議の日を変えました。")
                return redirect(MEETING, meeting.pk)
        except CannotChangeCase as error:
            form.add_error(None, str(error))
            meeting.refresh_from_db()
        return self._meeting_page(request, meeting, {"move": form}, 422)

    @page("<uuid:pk>/print/", "cases_meeting_print", require_GET)
    def print_page(self, request, pk):
        """The agenda for paper: by number and class, with ?names=1 with names, after a reason."""
        meeting, with_names = self.meeting(request, pk), "names" in request.GET
        reason = granted_reason(request, place_of(meeting)) if with_names else None
        if with_names and reason is None:
            return redirect(MEETING, meeting.pk)
        context = {
            "meeting": meeting,
            "lines": meetings.print_agenda(meeting, actor=request.user, reason=reason),
            "with_names": with_names,
            "printed_by": staff_name(request.user),
        }
        return self.render_page(request, "admin/cases/meeting_sheet.html", str(meeting), context)

    def _meeting_page(self, request, meeting, more=None, status=200):
        reason = granted_reason(request, place_of(meeting))
        if reason is None:
            lines = meetings.agenda_of(meeting, request.user)
        else:
            lines = meetings.open_agenda(meeting, actor=request.user, reason=reason)
        context = {
            "meeting": meeting,
            "is_open": reason is not None,
            "lines": [(line, _minutes_of(line)) for line in lines],
            "n_others": sum(line.case is None for line in lines),
            "by": listed_staff_name(meeting.called_by),
            "form": OpeningReasonForm(),
            "move": MoveMeetingForm(initial={"held_on": meeting.held_on}),
            "may_move": may(request.user, meetings.VERB, meeting.school)
            and not any(line.minutes for line in lines),
            "not_a_judgement": NOT_A_JUDGEMENT,
            **(more or {}),
        }
        title = str(meeting)
        return self.render_page(request, "admin/cases/meeting.html", title, context, status)


def _put_on_agenda(form, cases, user):
    told = {"actor": user, "form_key": form.cleaned_data["form_key"]}
    if form.chosen is not None:
        return meetings.add_to_meeting(form.chosen, cases, **told)
    told |= {"kind": form.cleaned_data["kind"], "held_on": form.cleaned_data["held_on"]}
    return meetings.call_meeting(cases, **told)


def _minutes_of(line):
    """[(row, lines)] of the minutes of one number."""
    return [
        (row, spoken_lines(content) if content else [("", why_unreadable(content))])
        for row, content in line.minutes
    ]
