"""Admin pages of a city's route: one person sets a version, another confirms it."""

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect

from apps.helpline.admin.student_page_preview import render_admin_page
from apps.helpline.forms import ContactField, DrillForm
from apps.helpline.models import ProtectionRoute
from apps.helpline.services import drills, routes, transitions
from apps.people.admin_bases.pages import page
from apps.people.admin_bases.staff import StaffAdmin
from apps.people.permissions import cities_where, may


class ProtectionRouteForm(forms.ModelForm):
    """A new version of the route, checked as a whole."""

    class Meta:
        model = ProtectionRoute
        fields = [
            "municipality", "first", "second", "last", "second_after", "last_after", "all_after",
            "opens_at", "closes_at", "is_on", "why",
        ]  # fmt: skip
        field_classes = dict.fromkeys(("first", "second", "last"), ContactField)

    def clean(self):
        data = super().clean()
        names = ("first", "second", "last")
        if data.get("is_on") and data.get("municipality") and all(data.get(n) for n in names):
            draft = ProtectionRoute(**{n: data[n] for n in (*names, "municipality")})
            for sentence in routes.missing_people(draft):
                self.add_error(None, sentence)
        return data


@admin.register(ProtectionRoute)
class ProtectionRouteAdmin(StaffAdmin):
    """The versions of a city's route, the newest first. Nothing is edited; a new version follows."""

    is_small = True
    view_verb = "route.view"
    edit_verb = "route.edit"
    form = ProtectionRouteForm
    row_page = "helpline_route"
    list_display = ["municipality", "proposed_at", "why", "is_on", "state"]
    list_select_related = ["municipality"]

    def get_queryset(self, request):
        cities = cities_where(request.user, self.view_verb)
        return super().get_queryset(request).filter(municipality__in=cities)

    def has_change_permission(self, request, obj=None):
        return False

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        cities = cities_where(request.user, self.edit_verb)
        if db_field.name in ("first", "second", "last"):
            return ContactField(routes.people_to_choose(cities), label=db_field.verbose_name)
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "municipality":
            field.queryset = field.queryset.filter(pk__in=cities)
        return field

    def save_model(self, request, obj, form, change):
        routes.propose_route(obj, by=request.user)

    @page("<uuid:pk>/route/", "helpline_route")
    def route_page(self, request, pk):
        """One version, and the buttons of whoever may confirm or drop it."""
        route = get_object_or_404(self.get_queryset(request), pk=pk)
        posts = {post.user_id: post for post in routes.posts_of_route(route)}
        contacts = [
            (label, posts.get(getattr(route, f"{name}_id")))
            for name, label in (
                ("first", "はじめの人"),
                ("second", "つぎの人"),
                ("last", "さいごの人"),
            )
        ]
        is_waiting = route.confirmed_at is None and route.dropped_at is None
        own = request.user.pk == route.proposed_by_id
        may_confirm = is_waiting and may(request.user, routes.CONFIRM_VERB, route.municipality)
        context = {
            "title": "学校の大人のことの相談先", "route": route, "contacts": contacts,
            "state": self.state(route), "missing": routes.missing_people(route),
            "may_drill": self._may_drill(request, route), "drill": DrillForm(),
            "may_confirm": may_confirm and not own, "may_drop": is_waiting and (may_confirm or own),
        }  # fmt: skip
        return render_admin_page(self.admin_site, request, "route", context)

    def _may_drill(self, request, route):
        may_edit = may(request.user, self.edit_verb, route.municipality)
        return may_edit and routes.route_in_force(route.municipality_id) == route

    @page("<uuid:pk>/decide/", "helpline_route_decide")
    def decide_page(self, request, pk):
        """Confirm or drop a version that waits."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        route = get_object_or_404(self.get_queryset(request), pk=pk)
        is_drop = request.POST.get("do") == "drop"
        try:
            (routes.drop_route if is_drop else routes.confirm_route)(route, by=request.user)
        except routes.RouteRefused as error:
            messages.error(request, str(error))
        else:
            messages.success(
                request,
                "取りやめました。"
                if is_drop
                else "確かめました。いまから、この相談先に知らせます。",
            )
        return redirect("admin:helpline_route", pk)

    @page("<uuid:pk>/drill/", "helpline_route_drill")
    def drill_page(self, request, pk):
        """Start a drill of the route in force."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        route = get_object_or_404(self.get_queryset(request), pk=pk)
        form = DrillForm(request.POST)
        if not may(request.user, self.edit_verb, route.municipality) or not form.is_valid():
            raise Http404
        try:
            drill = drills.start_route_drill(route, by=request.user, **form.cleaned_data)
        except transitions.DutyCommitmentRefused as error:
            messages.error(request, str(error))
            return redirect("admin:helpline_route", pk)
        return redirect("admin:helpline_drill", drill.pk)

    @admin.display(description="状態")
    def state(self, route):
        if route.dropped_at:
            return "取りやめました"
        return "確かめました" if route.confirmed_at else "二人目の確認を待っています"
