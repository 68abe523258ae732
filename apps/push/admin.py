"""Admin pages: broadcasts and how far they have come, subscriptions by kind of device.

No endpoint is shown, and no message that went to one person only.
"""

from django.contrib import admin, messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from apps.people.admin_bases.pages import page
from apps.people.admin_bases.staff import ReadOnlyAdmin, StaffAdmin
from apps.people.permissions import may, municipalities_where, rows_where
from apps.push.forms import QuietHoursForm
from apps.push.models import Broadcast, PushOrigin, PushSubscription, QuietHours
from apps.push.services import broadcasts

BROADCAST_ACTIONS = {
    "pause": broadcasts.pause,
    "resume": broadcasts.resume,
    "cancel": broadcasts.cancel,
}


@admin.register(PushSubscription)
class PushSubscriptionAdmin(ReadOnlyAdmin):
    view_verb = "push.view"
    list_display = ["device", "state", "created_at", "seen_at", "accepted_at", "acked_at"]
    list_filter = ["state"]
    fields = list_display

    def get_queryset(self, request):
        own_municipalities = municipalities_where(request.user, self.view_verb)
        return super().get_queryset(request).filter(municipality__in=own_municipalities)


@admin.register(PushOrigin)
class PushOriginAdmin(ReadOnlyAdmin):
    is_small = True
    view_verb = "push.view"
    list_display = ["origin", "state", "open_until", "rate", "n_failed", "refused_at"]
    fields = list_display


@admin.register(Broadcast)
class BroadcastAdmin(ReadOnlyAdmin):
    """The list of broadcasts, and a page for each on which it can be watched and stopped."""

    view_verb = "push.view"
    list_display = ["page_link", "state", "n_people", "n_unable", "created_at", "finished_at"]
    list_display_links = None
    list_filter = ["state"]
    row_page = "push_broadcast_progress"

    def get_queryset(self, request):
        own_municipalities = municipalities_where(request.user, self.view_verb)
        return super().get_queryset(request).shared().filter(municipality__in=own_municipalities)

    @admin.display(description="通知", ordering="created_at")
    def page_link(self, broadcast):
        url = reverse("admin:push_broadcast_progress", args=[broadcast.pk])
        return format_html('<a href="{}">{}</a>', url, broadcast)

    @admin.display(description="受け取れない人")
    def n_unable(self, broadcast):
        return broadcast.n_unable

    @page("<uuid:pk>/progress/", "push_broadcast_progress")
    def progress_page(self, request, pk):
        return _progress_page(request, self, pk)

    @page("<uuid:pk>/<slug:verb>/", "push_broadcast_action")
    def move(self, request, pk, verb):
        return _move(request, self, pk, verb)


@require_safe
def _progress_page(request, model_admin, pk):
    """How far a broadcast has come; asked anew every two seconds while it runs."""
    broadcast = _visible(model_admin, request, pk)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": str(broadcast),
        "broadcast": broadcast,
        "progress": broadcasts.broadcast_progress(broadcast),
        "alarms": broadcasts.refusing_services(),
        "may_stop": may(request.user, "notices.edit", broadcast),
    }
    page = "admin/push/broadcast.html" + ("#live" if request.htmx else "")
    return render(request, page, context)


@require_POST
def _move(request, model_admin, pk, verb):
    """Pause, resume or cancel."""
    broadcast = _visible(model_admin, request, pk)
    if verb not in BROADCAST_ACTIONS or not may(request.user, "notices.edit", broadcast):
        raise Http404
    try:
        BROADCAST_ACTIONS[verb](broadcast, by=request.user)
    except broadcasts.CannotSendPush as error:
        messages.error(request, str(error))
    return redirect("admin:push_broadcast_progress", broadcast.pk)


def _visible(model_admin, request, pk):
    if not model_admin.has_view_permission(request):
        raise Http404
    return get_object_or_404(model_admin.get_queryset(request), pk=pk)


@admin.register(QuietHours)
class QuietHoursAdmin(StaffAdmin):
    """Quiet hours by school; without a row they are 20:00 to 07:00."""

    is_small = True
    view_verb = "push.quiet"
    edit_verb = "push.quiet"
    form = QuietHoursForm
    list_display = ["place", "begins", "ends"]
    fields = ["school", "begins", "ends"]

    @admin.display(description="どこ")
    def place(self, hours):
        return hours.school or f"{hours.municipality} のすべての学校"

    def get_queryset(self, request):
        everything = super().get_queryset(request).select_related("school", "municipality")
        return everything.filter(rows_where(request.user, self.view_verb))

    def get_form(self, request, obj=None, **kwargs):
        form = super().get_form(request, obj, **kwargs)
        return type("QuietHoursFormOf", (form,), {"user": request.user})

    def save_model(self, request, obj, form, change):
        broadcasts.save_quiet_hours(obj, by=request.user, fields=form.changed_data)

    def has_delete_permission(self, request, obj=None):
        return may(request.user, self.edit_verb, obj)

    def delete_model(self, request, obj):
        broadcasts.delete_quiet_hours(obj, by=request.user)

    def delete_queryset(self, request, queryset):
        for hours in queryset:
            broadcasts.delete_quiet_hours(hours, by=request.user)
