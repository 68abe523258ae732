"""URLs of the app: they say nothing, because a browser's history keeps them."""

from django.urls import path

from apps.helpline import views

app_name = "helpline"
urlpatterns = [
    path("", views.start, name="start"),
    path("1/", views.now, name="now"),
    path("2/", views.ask, name="ask"),
    path("3/", views.status, name="status"),
    path("<uuid:pk>/", views.status, name="one"),
    path("<uuid:pk>/4/", views.cancel, name="cancel"),
    path("<uuid:pk>/5/", views.hide, name="hide"),
    path("6/", views.hidden, name="hidden"),
]
