"""Admin pages of わたしの情報: how sessions ended, and what the codes mean. Never whose they were."""

from django.contrib import admin

from apps.people.admin_bases.staff import ReadOnlyAdmin, StaffAdmin
from apps.people.permissions import cities_where, municipalities_where
from apps.selfinfo.forms import SelfInfoCodeForm
from apps.selfinfo.models import SelfInfoCode, SelfInfoSession
from apps.selfinfo.services import codes
from apps.selfinfo.words import session_status_words


@admin.register(SelfInfoSession)
class SelfInfoSessionAdmin(ReadOnlyAdmin):
    """Sessions, and when and how they ended; neither whose they were nor their results."""

    view_verb = "linkage.view"
    list_display = [
        "number",
        "municipality",
        "state",
        "words",
        "started_at",
        "state_changed_at",
        "world",
    ]
    list_filter = ["state"]
    list_select_related = ["municipality"]
    fields = [
        "number", "municipality", "world", "state", "words", "started_at", "state_changed_at", "ends_at",
        "n_polls",
    ]  # fmt: skip

    def get_queryset(self, request):
        return SelfInfoSession.objects.visible_to(request.user)

    def get_readonly_fields(self, request, obj=None):
        return self.fields

    @admin.display(description="受付番号")
    def number(self, session):
        return session.number

    @admin.display(description="保護者に出ている言葉")
    def words(self, session):
        return session_status_words(session.state, session.why)[0]

    @admin.display(description="つながる先")
    def world(self, session):
        return "体験用の代役" if session.is_trial else "マイナポータル"


@admin.register(SelfInfoCode)
class SelfInfoCodeAdmin(StaffAdmin):
    """What a city says its codes mean. They are defined in a specification that is not public."""

    view_verb, edit_verb = "linkage.view", "linkage.edit"
    form = SelfInfoCodeForm
    is_small = True
    list_display = ["meaning", "name_code", "item_code", "municipality", "is_trial"]
    list_select_related = ["municipality"]
    change_list_template = "admin/selfinfo/selfinfocode/change_list.html"
    readonly_fields = ["is_trial"]

    def get_queryset(self, request):
        own_municipalities = municipalities_where(request.user, self.view_verb)
        return super().get_queryset(request).filter(municipality__in=own_municipalities)

    def get_fields(self, request, obj=None):
        return ["meaning", "name_code", "item_code", *(["is_trial"] if obj else [])]

    def has_change_permission(self, request, obj=None):
        """The stand-in's codes are ours: they are shown, not edited."""
        return super().has_change_permission(request, obj) and not (obj and obj.is_trial)

    def save_model(self, request, obj, form, change):
        codes.save_code(obj, by=request.user, fields=form.changed_data)

    def get_form(self, request, obj=None, change=False, **kwargs):
        """A new code belongs to the city of who writes it, before the form is checked."""
        base = super().get_form(request, obj, change, **kwargs)
        city = min(cities_where(request.user, self.edit_verb), default=None)

        class OfThisCity(base):
            def __init__(self, *args, **more):
                super().__init__(*args, **more)
                if city and not self.instance.municipality_id:
                    self.instance.municipality_id = city

        return OfThisCity
