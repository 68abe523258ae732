"""The admin site: requires a second factor, and starts with きょう."""

from django.contrib.admin import AdminSite
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.people.services.page_view_audit import record_names_shown
from apps.reports.views import overview
from apps.signin import second_factor, signout
from apps.signin.second_factor_middleware import is_factor_missing, redirect_to_factor
from apps.signin.way_back import way_back_of
from apps.staffing.services import initial_staff
from kaga_portal.today import today_page


class KagaAdminSite(AdminSite):
    site_header = "加賀ポータル 管理"
    site_title = "加賀ポータル 管理"
    index_title = "きょう"
    index_template = "admin/today.html"
    enable_nav_sidebar = False

    def has_permission(self, request):
        """Staff with a post today who used a second factor in this session."""
        return second_factor.may_open_staff_pages(request)

    def each_context(self, request):
        """What every staff page knows, as Django's, but for the list of all models.

        That list is for a sidebar, which no page here has, and asks every model for four rights.
        """
        return {
            "site_title": self.site_title,
            "site_header": self.site_header,
            "site_url": request.META["SCRIPT_NAME"] or self.site_url,
            "has_permission": self.has_permission(request),
            "available_apps": [],
            "is_popup": False,
            "is_nav_sidebar_enabled": False,
            "log_entries": self.get_log_entries(request),
        }

    @method_decorator([never_cache, login_not_required])
    def login(self, request, extra_context=None):
        """Sign-in is allauth's; staff are redirected to use or set up their second factor."""
        user = request.user
        if not user.is_authenticated:
            return redirect("account_login")
        target = request.GET.get("next") or way_back_of(request) or reverse("admin:index")
        if not (user.is_staff and user.current_posts):
            if initial_staff.unconfirmed_post_of(user) is not None:
                return redirect("staffing:confirm_initial_staff")
            raise PermissionDenied("職員の画面です。担当に決まっている人だけが入れます。")
        if is_factor_missing(request):
            return redirect_to_factor(request, target)
        return redirect("admin:index")

    def password_change(self, request, extra_context=None):
        """Redirect to the one page that changes passwords, which reauthenticates and ends other
        sessions.
        """
        return redirect("account_change_password")

    password_change_done = password_change

    def logout(self, request, extra_context=None):
        """Sign out as everywhere: ends the push subscription and clears the browser's pages."""
        if request.method == "POST":
            signout.end_push_subscription(request)
        return signout.clear_browser_data(request, super().logout(request, extra_context))

    def admin_view(self, view, cacheable=False):
        """Wrap every staff page, so that the names it shows are recorded."""
        return super().admin_view(record_names_shown(view), cacheable)

    def get_urls(self):
        return [
            path("reports/", self.admin_view(require_safe(self.reports)), name="reports"),
            *super().get_urls(),
        ]

    def reports(self, request):
        return overview(request, self.each_context(request))

    def index(self, request, extra_context=None):
        return super().index(request, {**today_page(request.user), **(extra_context or {})})
