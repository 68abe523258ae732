"""The staff's door to cases and rules."""

from django.contrib import admin

from apps.cases.models import SupportCase
from apps.people.doors import RecordDoor


@admin.register(SupportCase)
class SupportCaseDoor(RecordDoor):
    view_verb = "cases.view"

    def get_queryset(self, request):
        return SupportCase.objects.visible_to(request.user)
