"""Addresses of this room."""

from django.urls import path

from apps.consent import proof_views, views

app_name = "consent"
urlpatterns = [
    path("receipts/<uuid:pk>/", views.receipt, name="receipt"),
    path("receipts/<uuid:pk>/pdf/", proof_views.pdf, name="pdf"),
    path("receipts/<uuid:pk>/json/", proof_views.json, name="json"),
    path("receipts/check/", proof_views.check, name="check_receipt"),
    path("receipts/check/<str:token>/", proof_views.check_proof, name="check_proof"),
    path("paper/<slug:number>/", views.paper, name="paper"),
    path("keys.json", proof_views.keys, name="keys"),
    path("words/<slug:code>/", proof_views.words, name="words"),
    path("certificates/<uuid:pk>/", views.certificate, name="certificate"),
    path("<uuid:student_id>/", views.overview, name="overview"),
    path("<uuid:student_id>/ask/<slug:purpose>/", views.ask, name="ask"),
    path("<uuid:student_id>/check/", views.check, name="check"),
    path("<uuid:student_id>/withdraw/<slug:purpose>/", views.withdraw, name="withdraw"),
    path("<uuid:student_id>/correct/", views.correct, name="correct"),
    path("<uuid:student_id>/looked/", views.looked, name="looked"),
]
