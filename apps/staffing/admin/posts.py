"""人: who holds which post; giving, changing, ending and restoring posts."""

import uuid

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from apps.people.admin_bases.pages import page
from apps.people.admin_bases.proposals import ProposalAdmin
from apps.people.admin_bases.staff import ReadOnlyAdmin
from apps.people.models import StaffPost, User
from apps.people.permissions import may, rows_where
from apps.people.services.post_duties import possible_successors
from apps.people.services.staff_posts import (
    APPOINT_VERB,
    is_post_over,
    posts_managed_by,
    posts_visible_to,
)
from apps.staffing.forms import AppointmentForm, ChangePostForm, EndPostForm
from apps.staffing.services import appointments

EFFECT_LABELS = {"mail": "メールアドレス", "ended": "担当", "successor": "受け持ちを引きつぐ人"}


@admin.register(StaffPost)
class StaffPostAdmin(ProposalAdmin, ReadOnlyAdmin):
    """The posts of one's own workplace; appointing staff see the buttons for all but their own."""

    list_display = ["name", "role", "where", "has_account", "begins_on", "ends_on"]
    list_filter = ["role"]
    list_select_related = ["school", "school_class", "municipality"]
    fields = ["name", "role", "municipality", "school", "school_class", "begins_on", "ends_on"]
    change_form_template = "admin/staffing/post.html"
    change_list_template = "admin/staffing/post_list.html"

    def has_view_permission(self, request, obj=None):
        return may(request.user, "roster.view", obj) or (
            may(request.user, APPOINT_VERB) and (obj is None or self._reaches(request, obj))
        )

    def _reaches(self, request, obj):
        return posts_visible_to(request.user).filter(pk=obj.pk).exists()

    def get_queryset(self, request):
        visible = rows_where(request.user, "roster.view")
        managed = posts_visible_to(request.user).values("pk")
        return super().get_queryset(request).filter(visible | Q(pk__in=managed))

    def may_propose(self, request):
        return may(request.user, APPOINT_VERB)

    def changelist_view(self, request, extra_context=None):
        more = {
            "may_appoint": may(request.user, APPOINT_VERB),
            "may_matrix": may(request.user, "staff.matrix"),
        }
        return super().changelist_view(request, more | (extra_context or {}))

    def change_view(self, request, object_id, form_url="", extra_context=None):
        post = self.get_object(request, object_id)
        managed = post is not None and posts_managed_by(request.user).filter(pk=post.pk).exists()
        more = {
            "may_manage": managed,
            "is_over": post is not None and is_post_over(post),
            "account": post.user_id if managed and may(request.user, "accounts.lock") else None,
        }
        return super().change_view(request, object_id, form_url, more | (extra_context or {}))

    # -- the three forms before the confirmation page ---------------------------------------------

    @page("appoint/", "people_staffpost_appoint")
    def appoint(self, request):
        """Who is invited to which post; a POST leads to the page that asks why."""
        self._require(request)
        form = AppointmentForm(_sent(request), user=request.user)
        if request.method == "POST" and form.is_valid():
            post = form.post
            stored = {name: appointments.stored_value(post, name) for name in appointments.FIELDS}
            changes = {name: value for name, value in stored.items() if value}
            changes["municipality"] = str(post.municipality_id)
            changes["mail"] = form.cleaned_data["mail"]
            return redirect(self.proposal_url(StaffPost(pk=uuid.uuid4()), changes, {}))
        return self._form(
            request, form, "職員を招待する", reverse("admin:people_staffpost_changelist")
        )

    @page("<uuid:pk>/edit/", "people_staffpost_edit")
    def edit(self, request, pk):
        """Other facts of a post; a POST leads to the page that asks why."""
        post = self._managed(request, pk)
        form = ChangePostForm(_sent(request), post=post)
        if request.method == "POST" and form.is_valid():
            changes = form.changes
            before = {name: appointments.stored_value(post, name) for name in changes}
            return redirect(self.proposal_url(post, changes, before))
        return self._form(
            request, form, f"{appointments.post_title(post)}: 担当を変える", self.back_url(post)
        )

    @page("<uuid:pk>/end/", "people_staffpost_end")
    def end(self, request, pk):
        """Who takes over the duties of the post; a POST leads to the page that asks why."""
        post = self._managed(request, pk)
        form = EndPostForm(_sent(request), post=post)
        if request.method == "POST" and form.is_valid():
            changes = {"ended": True, "successor": form.cleaned_data.get("successor", "")}
            return redirect(self.proposal_url(post, changes, {"ended": is_post_over(post)}))
        return self._form(
            request,
            form,
            f"{appointments.post_title(post)}: 担当を終わりにする",
            self.back_url(post),
        )

    @page("<uuid:pk>/restore/", "people_staffpost_restore")
    @method_decorator(require_POST)
    def restore(self, request, pk):
        """Redirect to the page that asks why."""
        post = self._managed(request, pk)
        return redirect(self.proposal_url(post, {"ended": False}, {"ended": is_post_over(post)}))

    def _require(self, request):
        if not may(request.user, APPOINT_VERB):
            raise PermissionDenied("職員の担当を決める立場ではありません。")

    def _managed(self, request, pk):
        self._require(request)
        return get_object_or_404(posts_managed_by(request.user).select_related("school"), pk=pk)

    def _form(self, request, form, title, back):
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "form": form,
            "back": back,
        }
        status = 422 if form.errors else 200
        return render(request, "admin/staffing/post_form.html", context, status=status)

    # -- hooks of the proposing mixin -------------------------------------------------------------

    def proposed_row(self, request, pk, changes):
        if "mail" in changes:
            facts = {name: value for name, value in changes.items() if name != "mail"}
            return appointments.with_changes(StaffPost(pk=pk), facts)
        return self._managed(request, pk)

    def back_url(self, row):
        if row._state.adding:
            return reverse("admin:people_staffpost_appoint")
        return super().back_url(row)

    def stored_value(self, row, name):
        if name == "ended":
            return is_post_over(row)
        return "" if name in EFFECT_LABELS else appointments.stored_value(row, name)

    def line_of(self, row, name, change):
        value = change["changes"][name]
        if name == "mail":
            return EFFECT_LABELS[name], "—", value
        if name == "ended":
            return EFFECT_LABELS[name], *(
                ("続いている", "終わり") if value else ("終わり", "続ける")
            )
        if name == "successor":
            follows = self._successor(row, value)
            return EFFECT_LABELS[name], "—", str(follows.current_posts[0]) if follows else "なし"
        return super().line_of(row, name, change)

    def effects_of(self, row, changes):
        if "mail" in changes:
            return appointments.effects_of_appointment(row)
        if "ended" not in changes:
            return appointments.effects_of_change(row, changes)
        if not changes["ended"]:
            return appointments.effects_of_restore(row)
        return appointments.effects_of_end(row, self._successor(row, changes["successor"]))

    def propose(self, row, changes, *, by, reason):
        details = {"by": by, "reason": reason}
        if "mail" in changes:
            return appointments.propose_appointment(row, changes["mail"], **details)
        if "ended" not in changes:
            return appointments.propose_change(row, changes, **details)
        if not changes["ended"]:
            return appointments.propose_restore(row, **details)
        follows = self._successor(row, changes["successor"])
        return appointments.end_post(row, successor=follows, **details)

    def _successor(self, row, value):
        if not value:
            return None
        return User.objects.filter(
            pk=value, pk__in=possible_successors(row.user_id, row.school_id)
        ).first()

    @admin.display(description="どこ", ordering="school__name")
    def where(self, post):
        place = post.school_class or post.school or post.municipality
        return f"{place}(終わり)" if is_post_over(post) else str(place)

    @admin.display(description="登録ずみ", boolean=True)
    def has_account(self, obj):
        return obj.user_id is not None


def _sent(request):
    """The submitted data, also where a form has no field; None where the page is only opened."""
    return request.POST if request.method == "POST" else None
