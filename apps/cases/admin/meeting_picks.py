"""The action of the queue that puts picked cases on the agenda of a meeting."""

from urllib.parse import urlencode

from django.contrib import admin
from django.shortcuts import redirect
from django.urls import reverse

from apps.cases.admin.assign_pages import MOST_CASES, AssigningAdmin


class AgendaPickingAdmin(AssigningAdmin):
    """For the admin of cases: 「会議の議題にする」 for picked rows."""

    actions = [*AssigningAdmin.actions, "put_on_agenda"]

    @admin.action(description="会議の議題にする", permissions=["decide"])
    def put_on_agenda(self, request, queryset):
        """Go to the page that asks for which meeting; nothing is written yet."""
        picked = queryset.values_list("pk", flat=True)[:MOST_CASES]
        query = urlencode([("pick", pk) for pk in picked])
        return redirect(f"{reverse('admin:cases_meeting_call')}?{query}")
