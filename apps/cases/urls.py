from django.urls import path

from apps.cases import views

app_name = "cases"
urlpatterns = [path("answer/<str:token>/", views.answer, name="answer")]
