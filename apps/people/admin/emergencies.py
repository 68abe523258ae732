"""Admin pages of emergency access: begin one, list them, review them."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse

from apps.people.admin_bases.pages import page
from apps.people.admin_bases.staff import StaffAdmin
from apps.people.forms import EmergencyForm, ReviewForm
from apps.people.models import EmergencyAccess
from apps.people.permissions import may
from apps.people.services import emergencies
from apps.people.services.person_accounts import is_same_person


@admin.register(EmergencyAccess)
class EmergencyAccessAdmin(StaffAdmin):
    """Emergency accesses, unreviewed first. Nobody reviews their own."""

    view_verb = "emergency.begin"
    list_display = ("begun_at", "student", "user", "ends_at", "verdict", "reviewed_by")
    list_filter = (("reviewed_at", admin.EmptyFieldListFilter), "verdict")
    list_select_related = ("student", "user", "reviewed_by")
    fields = (
        "student", "user", "why", "begun_at", "ends_at", "verdict", "note", "reviewed_by",
        "reviewed_at",
    )  # fmt: skip
    readonly_fields = fields
    change_list_template = "admin/people/emergency_list.html"
    change_form_template = "admin/people/emergency.html"

    def has_view_permission(self, request, obj=None):
        if obj is not None:  # the queryset holds only one's own and those one may review
            return is_same_person(request.user, obj.user_id) or may(
                request.user, "emergency.review", obj
            )
        return may(request.user, "emergency.begin") or may(request.user, "emergency.review")

    def get_queryset(self, request):
        return emergencies.emergencies_visible_to(request.user)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        access = self.get_object(request, object_id)
        waiting = emergencies.emergencies_to_review(request.user)
        waits = access is not None and waiting.filter(pk=access.pk).exists()
        more = {"review_form": ReviewForm() if waits else None}
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    @page("begin/", "people_emergencyaccess_begin")
    def begin(self, request):
        """Which student (by class and number, no list of names), and why."""
        if not may(request.user, "emergency.begin"):
            raise PermissionDenied("緊急に開ける立場ではありません。")
        form = EmergencyForm(request.POST or None, user=request.user)
        if request.method == "POST" and form.is_valid():
            try:
                access = emergencies.begin_emergency(
                    request.user, form.cleaned_data["student"], why=form.cleaned_data["why"]
                )
                messages.success(request, "開きました。60分で閉じます。管理職に知らせました。")
                return redirect("admin:people_emergencyaccess_change", access.pk)
            except emergencies.CannotOpenInEmergency as error:
                form.add_error(None, str(error))
        context = {**self.admin_site.each_context(request), "title": "緊急に開く", "form": form}
        status = 422 if form.errors else 200
        return TemplateResponse(
            request, "admin/people/emergency_begin.html", context, status=status
        )

    @page("<uuid:pk>/review/", "people_emergencyaccess_review")
    def review(self, request, pk):
        """The school lead's review afterwards."""
        access = get_object_or_404(emergencies.emergencies_visible_to(request.user), pk=pk)
        form = ReviewForm(request.POST or None)
        if request.method == "POST":
            if not may(request.user, "emergency.review", access):
                raise PermissionDenied("緊急の閲覧を確かめる立場ではありません。")
            form.is_valid()
            try:
                emergencies.review_emergency(
                    access, by=request.user, verdict=form.cleaned_data.get("verdict", ""),
                    note=form.cleaned_data.get("note", ""),
                )  # fmt: skip
                messages.success(request, "確かめたことを記録しました。")
            except emergencies.CannotOpenInEmergency as error:
                messages.error(request, str(error))
        return redirect("admin:people_emergencyaccess_change", access.pk)
