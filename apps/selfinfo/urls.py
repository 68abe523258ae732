"""URLs of わたしの情報."""

from django.urls import path

from apps.selfinfo import views

app_name = "selfinfo"
urlpatterns = [
    path("back/", views.callback, name="callback"),
    path("notify/", views.notify, name="notify"),
    path("of/<uuid:student_id>/", views.begin, name="begin"),
    path("<uuid:pk>/", views.session, name="session"),
    path("<uuid:pk>/state/", views.state, name="state"),
]
