"""URLs of consent."""

from django.urls import path

from apps.consent.views import decisions, receipts

app_name = "consent"
urlpatterns = [
    path("receipts/<uuid:pk>/", decisions.receipt, name="receipt"),
    path("receipts/<uuid:pk>/pdf/", receipts.receipt_pdf_file, name="pdf"),
    path("receipts/<uuid:pk>/json/", receipts.receipt_json, name="json"),
    path("receipts/check/", receipts.check_receipt, name="check_receipt"),
    path("receipts/check/<str:token>/", receipts.check_proof, name="check_proof"),
    path("paper/<slug:number>/", decisions.paper_form, name="paper"),
    path("keys.json", receipts.public_keys, name="keys"),
    path("words/<slug:code>/", receipts.documents_in_force, name="documents"),
    path("certificates/<uuid:pk>/", decisions.certificate, name="certificate"),
    path("<uuid:student_id>/", decisions.overview, name="overview"),
    path("<uuid:student_id>/ask/<slug:purpose>/", decisions.ask, name="ask"),
    path("<uuid:student_id>/check/", decisions.check, name="check"),
    path("<uuid:student_id>/withdraw/<slug:purpose>/", decisions.withdraw, name="withdraw"),
]
