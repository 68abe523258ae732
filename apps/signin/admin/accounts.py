"""The accounts of staff: whose they are, and locking one that somebody else may hold."""

from django.contrib import admin
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from apps.people.act_doors import ProposingDoor
from apps.people.doors import StaffDoor
from apps.people.models import User
from apps.signin import services


@admin.register(User)
class StaffAccountAdmin(ProposingDoor, StaffDoor):
    """Only accounts of staff here; nobody locks their own."""

    view_verb = "accounts.lock"
    list_display = ("whose", "is_active")
    list_filter = ("is_active",)
    fields = readonly_fields = ("whose", "is_active")
    ordering = ("pk",)
    list_per_page = 50
    change_form_template = "admin/signin/account.html"

    def has_add_permission(self, request):
        return False

    def get_queryset(self, request):
        mine = services.accounts_lockable_by(request.user).values("pk")
        return super().get_queryset(request).filter(pk__in=mine)

    def get_urls(self):
        lock = self.admin_site.admin_view(self.lock)
        return [path("<uuid:pk>/lock/", lock, name="people_user_lock"), *super().get_urls()]

    @method_decorator(require_POST)
    def lock(self, request, pk):
        """Leads to the page that shows what it ends and asks for a reason."""
        account = get_object_or_404(self.get_queryset(request), pk=pk)
        before = {"is_active": account.is_active}
        return redirect(self.proposal_url(account, {"is_active": False}, before))

    def may_propose(self, request):
        return self.has_view_permission(request)

    def effects_of(self, row, changes):
        return services.effects_of_lock(row)

    def propose(self, row, changes, *, by, reason):
        return services.lock_account(row, by=by, reason=reason)

    @admin.display(description="だれ")
    def whose(self, account):
        posts = [f"{post.name}({post.get_role_display()})" for post in account.current_posts]
        return "、".join(posts) or "—"
