"""URLs of the help pages."""

from django.urls import path

from apps.helpdesk import question_views, views

app_name = "helpdesk"
urlpatterns = [
    path("", views.guide, name="guide"),
    path("ask/", question_views.ask, name="ask"),
    path("asked/", question_views.asked, name="asked"),
    path("questions/", question_views.own, name="questions"),
    path("confirm/<str:token>/", question_views.confirm_mail, name="confirm_mail"),
    path("entry/<uuid:pk>/", views.entry, name="entry"),
    path("<slug:code>/", views.help_page, name="page"),
]
