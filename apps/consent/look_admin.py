"""The staff's door to hidden looks: what waits for a second person, and what was decided."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path

from apps.consent import services
from apps.consent.models import HiddenLook
from apps.consent.words import NOBODY, PURPOSES, ROLES
from apps.people.doors import RecordDoor
from apps.people.models import Student
from apps.people.permissions import may, municipalities_where


@admin.register(HiddenLook)
class HiddenLookAdmin(RecordDoor):
    view_verb = "looks.decide"
    list_display = ("decided_at", "event_id", "is_hidden", "decided_by", "note")
    list_select_related = ("decided_by",)
    fields = list_display
    change_list_template = "admin/consent/look_list.html"

    def get_queryset(self, request):
        mine = municipalities_where(request.user, self.view_verb)
        return super().get_queryset(request).filter(municipality__in=mine)

    def get_urls(self):
        own = [
            path(
                "waiting/", self.admin_site.admin_view(self.waiting),
                name="consent_hiddenlook_waiting",
            ),
        ]  # fmt: skip
        return own + super().get_urls()

    def waiting(self, request):
        """Each look for safety that nobody else has judged; a POST judges one."""
        if not may(request.user, self.view_verb):
            raise PermissionDenied("閲覧を見せるかどうかを決める立場ではありません。")
        if request.method == "POST":
            return self._decide(request)
        events = list(services.looks_waiting_for(request.user).select_related("actor")[:100])
        students = Student.objects.in_bulk({event.subject_id for event in events})
        rows = [
            {
                "event": event,
                "student": students.get(event.subject_id),
                "role": ROLES.get(event.actor_role, NOBODY)[0],
                "purpose": PURPOSES[event.purpose][0],
            }
            for event in events
        ]
        context = {**self.admin_site.each_context(request), "title": "二人目の確認", "rows": rows}
        return TemplateResponse(request, "admin/consent/looks_waiting.html", context)

    def _decide(self, request):
        number = request.POST.get("event", "")
        try:
            services.decide_look(
                int(number) if number.isdecimal() and len(number) < 19 else 0,
                by=request.user,
                is_hidden=request.POST.get("word") == "hide",
                note=request.POST.get("note", ""),
            )
            messages.success(request, "決めたことを記録しました。")
        except services.CannotDecideLook as error:
            messages.error(request, str(error))
        return redirect("admin:consent_hiddenlook_waiting")
