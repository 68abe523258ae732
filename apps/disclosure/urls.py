"""URLs of disclosure."""

from django.urls import path

from apps.disclosure.views import access_log, corrections, personal_data

app_name = "disclosure"
urlpatterns = [
    path("consent/<uuid:student_id>/correct/", corrections.corrections, name="corrections"),
    path("consent/<uuid:student_id>/looked/", access_log.access_log, name="access_log"),
    path("data/<uuid:student_id>/", personal_data.data_page, name="personal_data"),
    path("data/<uuid:student_id>/file/", personal_data.data_download, name="personal_data_file"),
]
