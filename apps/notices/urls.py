"""Addresses of this room."""

from django.urls import path

from apps.notices import views

app_name = "notices"
urlpatterns = [
    path("notices/", views.inbox, name="inbox"),
    path("notices/<uuid:pk>/", views.notice, name="notice"),
    path("places/", views.places, name="places"),
    path("places/<uuid:pk>/", views.place, name="place"),
]
