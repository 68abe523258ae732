"""Staff pages about accounts: lock and unlock, reset a lost second factor, recover access."""

from django.contrib import admin, messages
from django.db.models import Prefetch, Q
from django.shortcuts import get_object_or_404, redirect
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from apps.people.admin_bases.pages import page
from apps.people.admin_bases.proposals import ProposalAdmin
from apps.people.admin_bases.staff import StaffAdmin
from apps.people.models import StaffPost, User
from apps.people.permissions import may
from apps.people.services import pending_acts
from apps.signin.services import access_recovery, account_locks, account_unlocks, factor_resets

LOCK = {"is_active": False}
UNLOCK = {"is_active": True}
RESET = {"second_factor": False}
VERBS = ("accounts.lock", factor_resets.RESET, access_recovery.VERB)


@admin.register(User)
class StaffAccountAdmin(ProposalAdmin, StaffAdmin):
    """The staff accounts that this person may lock and the accounts whose factor they may reset.

    Nobody sees their own account here.
    """

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
        lockable = account_locks.accounts_lockable_by(request.user).values("pk")
        resettable = factor_resets.accounts_resettable_by(request.user).values("pk")
        unlockable = account_unlocks.accounts_unlockable_by(request.user).values("pk")
        restorable = access_recovery.accounts_recoverable_by(request.user).values("pk")
        known = Q(pk__in=lockable) | Q(pk__in=resettable)
        known |= Q(pk__in=unlockable) | Q(pk__in=restorable)
        posts = StaffPost.objects.current()
        return (
            super()
            .get_queryset(request)
            .filter(known)
            .prefetch_related(Prefetch("staff_posts", posts, "posts_now"), "guardian_set")
        )

    def has_view_permission(self, request, obj=None):
        return any(may(request.user, verb) for verb in VERBS)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        account = self.get_object(request, object_id)
        known = {
            "may_lock": account_locks.accounts_lockable_by(request.user),
            "may_unlock": account_unlocks.accounts_unlockable_by(request.user),
            "may_reset": factor_resets.accounts_resettable_by(request.user),
            "may_restore": access_recovery.accounts_recoverable_by(request.user),
        }
        more = {
            name: bool(account) and rows.filter(pk=account.pk).exists()
            for name, rows in known.items()
        }
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    @page("<uuid:pk>/lock/", "people_user_lock")
    @method_decorator(require_POST)
    def lock(self, request, pk):
        """Redirect to the page that shows the effects and asks for a reason."""
        account = get_object_or_404(self.get_queryset(request), pk=pk)
        return redirect(self.proposal_url(account, LOCK, {"is_active": account.is_active}))

    @page("<uuid:pk>/unlock/", "people_user_unlock")
    @method_decorator(require_POST)
    def unlock(self, request, pk):
        """Redirect to the page that asks for the reason and how the person was identified."""
        account = get_object_or_404(self.get_queryset(request), pk=pk)
        return redirect(self.proposal_url(account, UNLOCK, {"is_active": account.is_active}))

    @page("<uuid:pk>/reset-factor/", "people_user_reset_factor")
    @method_decorator(require_POST)
    def reset_factor(self, request, pk):
        """Redirect to the page that asks for the reason and how the person was identified."""
        account = get_object_or_404(self.get_queryset(request), pk=pk)
        return redirect(self.proposal_url(account, RESET, {"second_factor": True}))

    @page("<uuid:pk>/restore/", "people_user_restore")
    @method_decorator(require_POST)
    def restore(self, request, pk):
        """Redirect to the page that asks how the school identified the person."""
        account = get_object_or_404(access_recovery.accounts_recoverable_by(request.user), pk=pk)
        try:
            address = access_recovery.validated_address(request.POST.get("address", ""))
        except pending_acts.CannotAct as error:
            messages.error(request, str(error))
            return redirect("admin:people_user_change", account.pk)
        return redirect(self.proposal_url(account, {"address": address}, {"email": account.email}))

    def may_propose(self, request):
        return self.has_view_permission(request)

    def stored_value(self, row, name):
        if name == "second_factor":
            return bool(factor_resets.effects_of_reset(row).kind)
        return super().stored_value(row, name)

    def line_of(self, row, name, change):
        if name == "second_factor":
            return "2段階の認証", "登録あり", "なし(次に入るときに、登録しなおす)"
        if name == "address":
            return "メールアドレス", "いまのもの", change["changes"]["address"]
        return super().line_of(row, name, change)

    def effects_of(self, row, changes):
        if "second_factor" in changes:
            return factor_resets.effects_of_reset(row)
        if changes == UNLOCK:
            return account_unlocks.effects_of_unlock(row)
        if "address" in changes:
            return access_recovery.effects_of_recovery(row)
        return account_locks.effects_of_lock(row)

    def propose(self, row, changes, *, by, reason):
        if "second_factor" in changes:
            return factor_resets.propose_reset(row, by=by, reason=reason)
        if changes == UNLOCK:
            return account_unlocks.propose_unlock(row, by=by, reason=reason)
        if "address" in changes:
            return access_recovery.propose_recovery(row, changes["address"], by=by, reason=reason)
        return account_locks.lock_account(row, by=by, reason=reason)

    @admin.display(description="だれ")
    def whose(self, account):
        posts = [f"{post.name}({post.get_role_display()})" for post in account.posts_now]
        return "、".join(posts) or _guardian(account)


def _guardian(account):
    """The guardian's name; showing it is recorded."""
    found = next(iter(account.guardian_set.all()), None)
    return f"{found.full_name}(保護者)" if found else "—"
