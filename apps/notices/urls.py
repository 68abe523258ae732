"""URLs of the inbox and the directory."""

from django.urls import path

from apps.notices import views

app_name = "notices"
urlpatterns = [
    path("notices/", views.inbox, name="inbox"),
    path("notices/<uuid:pk>/", views.notice, name="notice"),
    path("notes/", views.cards, name="cards"),
    path("places/", views.places, name="places"),
    path("places/print/", views.sheet, name="sheet"),
    path("places/<uuid:pk>/", views.place, name="place"),
    path("places/<uuid:pk>/print/", views.poster, name="poster"),
]
