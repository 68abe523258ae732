"""Addresses of this room."""

from django.urls import path

from apps.consent import views

app_name = "consent"
urlpatterns = [
    path("receipts/<uuid:pk>/", views.receipt, name="receipt"),
    path("<uuid:student_id>/", views.overview, name="overview"),
    path("<uuid:student_id>/ask/<slug:purpose>/", views.ask, name="ask"),
    path("<uuid:student_id>/check/", views.check, name="check"),
    path("<uuid:student_id>/withdraw/<slug:purpose>/", views.withdraw, name="withdraw"),
    path("<uuid:student_id>/looked/", views.looked, name="looked"),
]
