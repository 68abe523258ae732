"""URLs of the app."""

from django.urls import path

from apps.checkins import views

app_name = "checkins"
urlpatterns = [
    path("", views.today, name="today"),
    path("week/", views.today, {"code": "weekly"}, name="week"),
    path("set/<slug:code>/", views.today, name="more"),
    path("frequency/", views.frequency, name="frequency"),
    path("deliver/", views.deliver, name="deliver"),
    path("done/", views.done, name="done"),
    path("days/", views.days, name="days"),
    path("days/1/", views.show_words, name="show_words"),
]
