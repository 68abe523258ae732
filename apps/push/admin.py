"""The staff's door: what was rung and which kinds of devices there are. No endpoint is shown."""

from django.contrib import admin

from apps.people.doors import RecordDoor
from apps.people.permissions import municipality_ids
from apps.push.models import PushMessage, PushSubscription


@admin.register(PushSubscription)
class PushSubscriptionAdmin(RecordDoor):
    view_verb = "push.view"
    list_display = ["device", "created_at", "accepted_at", "disabled_at", "disabled_reason"]
    fields = list_display

    def get_queryset(self, request):
        mine = municipality_ids(request.user)
        return super().get_queryset(request).filter(municipality__in=mine)


@admin.register(PushMessage)
class PushMessageAdmin(RecordDoor):
    view_verb = "push.view"
    list_display = ["created_at", "state", "attempts", "http_status", "next_at", "finished_at"]
    list_filter = ["state"]
    fields = list_display

    def get_queryset(self, request):
        mine = municipality_ids(request.user)
        return super().get_queryset(request).filter(municipality__in=mine)
