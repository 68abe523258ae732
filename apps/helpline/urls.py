"""URLs of the app."""

from django.urls import path

from apps.helpline import views

app_name = "helpline"
urlpatterns = [
    path("", views.start, name="start"),
    path("now/", views.now, name="now"),
    path("ask/", views.ask, name="ask"),
    path("status/", views.status, name="status"),
    path("<uuid:pk>/", views.status, name="one"),
    path("<uuid:pk>/cancel/", views.cancel, name="cancel"),
]
