from django.urls import path

from apps.staffing import views

app_name = "staffing"
urlpatterns = [
    path("staff/", views.enter_number, name="enter_number"),  # mailed as /staff/#NUMBER
    path("staff/join/", views.join, name="join"),
    path("staff/first/", views.confirm_initial_staff, name="confirm_initial_staff"),
    path("staff/post/", views.choose_post, name="choose_post"),
]
