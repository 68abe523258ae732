"""Addresses of this room."""

from django.urls import path

from apps.linkage import views

app_name = "linkage"
urlpatterns = [
    path("back/", views.callback, name="self_info_callback"),
    path("notify/", views.notify, name="self_info_notify"),
    path("of/<uuid:student_id>/", views.begin, name="self_info"),
    path("<uuid:pk>/", views.session, name="self_info_session"),
    path("<uuid:pk>/state/", views.state, name="self_info_state"),
]
