"""The staff's door: organisations and notices, written, looked at, published, withdrawn."""

from django.contrib import admin, messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods

from apps.notices import services
from apps.notices.forms import NoticeForm
from apps.notices.models import Notice, OpeningHours, PublishState, SupportOrganisation
from apps.notices.text import body_html
from apps.people.doors import StaffDoor
from apps.people.models import School
from apps.people.permissions import may, municipality_ids


class OpeningHoursInline(admin.TabularInline):
    model = OpeningHours
    extra = 0

    def has_view_permission(self, request, obj=None):
        return may(request.user, "notices.view")

    def _edits(self, request, obj=None):
        return may(request.user, "notices.edit") and (obj is None or obj.municipality_id)

    has_add_permission = has_change_permission = has_delete_permission = _edits


@admin.register(SupportOrganisation)
class SupportOrganisationAdmin(StaffDoor):
    view_verb, edit_verb = "notices.view", "notices.edit"
    list_display = ["name", "state", "phone", "hours_note", "verified_on"]
    list_filter = ["state"]
    search_fields = ["name", "helps_with"]
    readonly_fields = ["state"]
    exclude = ["municipality"]
    inlines = [OpeningHoursInline]
    actions = ["publish"]

    def get_queryset(self, request):
        mine = municipality_ids(request.user)
        found = super().get_queryset(request)
        return found.filter(municipality=None) | found.filter(municipality__in=mine)

    def has_change_permission(self, request, obj=None):
        # The country's own are the same for everybody: a city edits only what is its own.
        own = obj is None or obj.municipality_id in municipality_ids(request.user)
        return own and super().has_change_permission(request, obj)

    def save_model(self, request, obj, form, change):
        if not change:
            obj.municipality_id = next(iter(municipality_ids(request.user)))
        super().save_model(request, obj, form, change)

    @admin.action(description="公開する", permissions=["change"])
    def publish(self, request, queryset):
        for organisation in queryset:
            try:
                services.publish_organisation(organisation, by=request.user)
                messages.success(request, f"「{organisation}」を公開しました。")
            except services.CannotPublish as error:
                messages.error(request, f"「{organisation}」: {error}")


@admin.register(Notice)
class NoticeAdmin(StaffDoor):
    view_verb, edit_verb = "notices.view", "notices.edit"
    list_display = ["title", "state", "publish_at", "expires_at", "look"]
    list_filter = ["state"]
    form = NoticeForm
    fields = [
        "title", "body", "organisations", "schools", "grades", "for_guardians", "publish_at",
        "expires_at",
    ]  # fmt: skip

    def get_queryset(self, request):
        mine = municipality_ids(request.user)
        return super().get_queryset(request).filter(municipality__in=mine)

    def has_change_permission(self, request, obj=None):
        draft = obj is None or obj.state == PublishState.DRAFT
        return draft and super().has_change_permission(request, obj)

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        if "schools" in form.base_fields:
            mine = municipality_ids(request.user)
            form.base_fields["schools"].queryset = School.objects.filter(municipality__in=mine)
        return form

    def save_model(self, request, obj, form, change):
        if not change:
            obj.municipality_id = next(iter(municipality_ids(request.user)))
        super().save_model(request, obj, form, change)

    def response_add(self, request, obj, post_url_continue=None):
        return redirect("admin:notices_notice_look", obj.pk)

    def response_change(self, request, obj):
        return redirect("admin:notices_notice_look", obj.pk)

    @admin.display(description="公開・届き方")
    def look(self, obj):
        return format_html(
            '<a href="{}">見本と届き方</a>', reverse("admin:notices_notice_look", args=[obj.pk])
        )

    def get_urls(self):
        look = self.admin_site.admin_view(require_http_methods(["GET", "POST"])(self.look_page))
        return [path("<uuid:pk>/look/", look, name="notices_notice_look"), *super().get_urls()]

    def look_page(self, request, pk):
        """The notice as a student sees it, how many it reaches, and the buttons to act."""
        notice = self.get_queryset(request).filter(pk=pk).first()
        if notice is None or not self.has_view_permission(request):
            raise Http404
        if request.method == "POST":
            return self._act(request, notice)
        context = {
            **self.admin_site.each_context(request),
            "title": "お知らせの見本と届き方",
            "notice": notice,
            "body": body_html(notice.body),
            "reach": services.reach(notice),
            "by_class": services.reach_by_class(notice),
            "may_edit": may(request.user, "notices.edit"),
        }
        return render(request, "admin/notices/look.html", context)

    def _act(self, request, notice):
        verbs = {"publish": services.publish, "withdraw": services.withdraw}
        verb = verbs.get(request.POST.get("verb"))
        if verb is None or not may(request.user, "notices.edit"):
            raise Http404
        try:
            verb(notice, by=request.user)
            done = "公開しました。" if request.POST["verb"] == "publish" else "取り下げました。"
            messages.success(request, done)
        except services.CannotPublish as error:
            messages.error(request, str(error))
        return redirect("admin:notices_notice_look", notice.pk)
