"""Every URL of the portal. The public ones are listed in tests/test_architecture.py."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from apps.core import views as core
from kaga_portal.readiness import readyz

handler400 = "apps.core.bad_requests.bad_request"
handler500 = "apps.core.lost_connection.server_error"
urlpatterns = [
    path("healthz", core.healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("", include("apps.portal.urls")),
    path("", include("apps.signin.urls")),
    path("", include("apps.registration.urls")),
    path("", include("apps.staffing.urls")),
    path("", include("apps.disclosure.urls")),
    path("consent/", include("apps.consent.urls")),
    path("checkin/", include("apps.checkins.urls")),
    path("pages/", include("apps.helpline.urls")),
    path("guide/", include("apps.helpdesk.urls")),
    re_path(r"^help/", RedirectView.as_view(pattern_name="helpline:start"), name="old_help"),
    path("", include("apps.notices.urls")),
    path("referral/", include("apps.cases.urls")),
    path("push/", include("apps.push.urls")),
    path("self-info/", include("apps.selfinfo.urls")),
]
