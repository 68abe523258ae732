"""URLs of the first pages and of the app's files."""

from django.urls import path

from apps.portal import language_views, views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("sw.js", views.service_worker, name="sw"),
    path("language/", language_views.choose, name="language"),
    path("outbox/help-requests/", views.deliver, name="deliver"),
    path("offline/", views.offline, name="offline"),
    path("blank/", views.blank, name="blank"),
    path("blank/<slug:code>/", views.neutral, name="neutral"),
    path("not-sent/", views.not_sent, name="not_sent"),
]
