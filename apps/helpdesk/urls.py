"""URLs of the help pages."""

from django.urls import path

from apps.helpdesk import views

app_name = "helpdesk"
urlpatterns = [
    path("", views.guide, name="guide"),
    path("<slug:code>/", views.help_page, name="page"),
]
