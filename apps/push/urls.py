"""URLs of the push settings and of what devices send."""

from django.urls import path

from apps.push import views

app_name = "push"
urlpatterns = [
    path("", views.settings_page, name="settings"),
    path("subscribe/", views.subscribe, name="subscribe"),
    path("unsubscribe/", views.unsubscribe, name="unsubscribe"),
    path("trial/", views.trial, name="trial"),
    path("trial/<uuid:pk>/", views.trial_state, name="trial_state"),
    path("leave/", views.leave, name="leave"),
    path("renew/", views.renew, name="renew"),
    path("ack/", views.ack, name="ack"),
]
