"""Admin pages of pending acts: confirmed by a second person, stopped by either."""

from functools import partial

from django.apps import apps
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from apps.people.act_kinds import ACT_KINDS
from apps.people.admin_bases.pages import page
from apps.people.admin_bases.proposals import preview_context
from apps.people.admin_bases.staff import ReadOnlyAdmin
from apps.people.models import PendingAct
from apps.people.services import act_queries, pending_acts
from apps.people.services.act_counts import live_counts_in_words
from apps.people.services.solo_acts import people_reached_that_day

DECIDING_ROLES = {
    role for act in ACT_KINDS.values() for role in act.proposer_roles | act.confirmer_roles
}


class OpenActsFilter(admin.SimpleListFilter):
    """Filters the acts that are not decided or not carried out yet."""

    title, parameter_name = "どれ", "open"

    def lookups(self, request, model_admin):
        return [("1", "まだ決まっていない・行っていない")]

    def queryset(self, request, queryset):
        return queryset.open() if self.value() else queryset


@admin.register(PendingAct)
class PendingActAdmin(ReadOnlyAdmin):
    """Acts of the kinds this person may propose or confirm; each is decided on its own page."""

    list_display = ("proposed_at", "what", "title", "state_words", "due_at")
    list_display_links = ("proposed_at", "what")
    list_filter = (OpenActsFilter,)
    list_per_page = 50
    fields = readonly_fields = (
        "what", "title", "changes", "reason", "first", "proposed_at", "state_words", "second",
        "confirmed_at", "stopper", "stopped_at", "due_at", "done_at",
    )  # fmt: skip
    change_form_template = "admin/people/act.html"

    def has_view_permission(self, request, obj=None):
        return any(post.role in DECIDING_ROLES for post in request.user.current_posts)

    def get_queryset(self, request):
        return act_queries.acts_visible_to(request.user)

    def get_fields(self, request, obj=None):
        """Leaves out empty fields: an act nobody has confirmed has no second person."""
        gone = {
            name
            for name, value in (
                ("second", obj and obj.confirmed_by), ("stopper", obj and obj.stopped_by),
                ("confirmed_at", obj and obj.confirmed_at), ("stopped_at", obj and obj.stopped_at),
                ("due_at", obj and obj.due_at), ("done_at", obj and obj.done_at),
                ("changes", obj and obj.payload.get("changes")),
            )
            if not value
        }  # fmt: skip
        return [name for name in self.fields if name not in gone]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        act = self.get_object(request, object_id)
        more = _page(act, request.user) if act else {}
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    @page("<uuid:pk>/confirm/", "people_pendingact_confirm")
    @method_decorator(require_POST)
    def confirm(self, request, pk):
        """The second person agrees."""
        verb = partial(pending_acts.confirm, seen=request.POST.get("seen", ""))
        return self._decide(request, pk, verb, "確かめたことを記録しました。")

    @page("<uuid:pk>/stop/", "people_pendingact_stop")
    @method_decorator(require_POST)
    def stop(self, request, pk):
        """Either person stops it; what was paused is put back."""
        words = "止めました。止まっていたものは、まもなく元にもどります。"
        return self._decide(request, pk, pending_acts.stop, words)

    def _decide(self, request, pk, verb, words):
        if not self.has_view_permission(request):
            raise PermissionDenied("この変更を決める立場ではありません。")
        act = get_object_or_404(self.get_queryset(request), pk=pk)
        try:
            verb(act, by=request.user)
            messages.success(request, words)
        except pending_acts.CannotAct as error:
            messages.error(request, str(error))
        return redirect("admin:people_pendingact_change", pk)

    @admin.display(description="何をする", ordering="kind")
    def what(self, act):
        return ACT_KINDS[act.kind].name

    @admin.display(description="いま")
    def state_words(self, act):
        return act.state.label

    @admin.display(description="変える項目")
    def changes(self, act):
        meta = apps.get_model(ACT_KINDS[act.kind].model)._meta
        return "、".join(_label(meta, name) for name in sorted(act.payload.get("changes", ())))

    @admin.display(description="はじめの人")
    def first(self, act):
        return _named(act.proposed_by, act.get_proposed_role_display())

    @admin.display(description="確かめた人")
    def second(self, act):
        return _named(act.confirmed_by, act.get_confirmed_role_display())

    @admin.display(description="止めた人")
    def stopper(self, act):
        return _named(act.stopped_by, "")


def _label(meta, name):
    field = meta.get_field(name)
    return str(getattr(field, "verbose_name", "") or field.related_model._meta.verbose_name)


def _named(user, role):
    """A member of staff by name, with the role they acted in."""
    names = "・".join(dict.fromkeys(post.name for post in user.current_posts)) or str(user)
    return f"{names}({role})" if role else names


def _thing_url(act):
    """URL of the page of the act's target, for acts that keep no name themselves."""
    if ACT_KINDS[act.kind].model != "people.Guardianship":
        return ""
    return reverse("admin:people_guardianship_change", args=[act.thing_id])


def _page(act, user):
    posts = act_queries.count_possible_confirmers(
        act.kind, act.municipality_id, act.school_id,
        but=act.proposed_by, role=act.proposed_role,
    )  # fmt: skip
    later, seen = (
        live_counts_in_words(act.kind, act.thing_id) if act.state == "waiting" else ([], "")
    )
    return {
        "pending": act,
        "later": later,
        "seen": seen,
        "waits": act.state == "waiting",
        "why_not_confirm": act_queries.why_not_confirm(act, user),
        "why_not_stop": act_queries.why_not_stop(act, user),
        "confirmers": act_queries.confirming_roles_in_words(act.kind, act.proposed_role),
        "n_confirmers": posts,
        "n_that_day": people_reached_that_day(act),
        "thing_url": _thing_url(act),
        "lines": act_queries.changed_lines_for(act, user),
        **preview_context(act.kind, act.preview, act.payload.get("shown", {}).get("names", [])),
    }
