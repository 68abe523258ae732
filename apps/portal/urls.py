"""Addresses of this room."""

from django.urls import path

from apps.portal import data_views, language_views, views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("sw.js", views.service_worker, name="sw"),
    path("data/<uuid:student_id>/", data_views.data, name="data"),
    path("data/<uuid:student_id>/file/", data_views.data_file, name="data_file"),
    path("language/", language_views.choose, name="language"),
    path("outbox/wishes/", views.bring, name="bring"),
    path("offline/", views.offline, name="offline"),
    path("not-sent/", views.not_sent, name="not_sent"),
]
