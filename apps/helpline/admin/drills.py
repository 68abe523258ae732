"""Admin pages of drills."""

from django.http import Http404, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect

from apps.helpline.admin.student_page_preview import render_admin_page
from apps.helpline.forms import (
    DrillForm,
)
from apps.helpline.services import (
    drills as helpline_drills,
)
from apps.helpline.services import (
    replies,
)
from apps.people.admin_bases.pages import page
from apps.people.permissions import may


class DrillPages:
    """The drill pages of DutyRosterAdmin."""

    @page("<uuid:pk>/drill/", "helpline_drill_start")
    def start_page(self, request, pk):
        """Start a drill of this school's escalation."""
        roster = self._roster(request, pk, "duty.drill")
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        form = DrillForm(request.POST)
        if form.is_valid():
            drill = self._try(request, helpline_drills.start_drill, roster, success_message="練習を始めました。",
                              **form.cleaned_data)  # fmt: skip
            if drill:
                return redirect("admin:helpline_drill", drill.pk)
        return redirect("admin:helpline_dutyroster_change", pk)

    @page("drills/", "helpline_drills")
    def drills_page(self, request):
        """The drills so far, newest first."""
        if not may(request.user, "help.answer"):
            raise Http404
        drills = helpline_drills.drills_visible_to(request.user)[:24]
        context = {"title": "練習の記録", "drills": drills}
        return render_admin_page(self.admin_site, request, "drills", context)

    @page("drills/<uuid:pk>/", "helpline_drill")
    def drill_page(self, request, pk):
        """One drill: each step's planned and actual time, calls, who acknowledged; buttons 見ました and end."""
        drill = get_object_or_404(helpline_drills.drills_visible_to(request.user), pk=pk)
        may_end = may(request.user, *_right_to_end(drill))
        if request.method == "POST":
            if request.POST.get("do") == "end" and may_end:
                helpline_drills.end_drill(drill, by=request.user)
            else:
                helpline_drills.acknowledge_drill(drill, by=request.user)
            return redirect("admin:helpline_drill", pk)
        steps = replies.steps_with_calls(drill)
        context = {
            "title": "練習(生徒からのものではありません)",
            "drill": drill,
            "steps": steps,
            "waits_for_me": helpline_drills.awaits_acknowledgement(drill, request.user),
            "may_end": may_end and drill.ended_at is None,
        }
        return render_admin_page(self.admin_site, request, "drill", context)


def _right_to_end(drill):
    return ("duty.drill", drill) if drill.school_id else ("route.edit", drill.municipality)
