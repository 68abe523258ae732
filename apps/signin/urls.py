"""Addresses of this room."""

from django.urls import path

from apps.signin import (
    family_views,
    letter_views,
    newcomer_views,
    session_views,
    staff_views,
    views,
)

app_name = "signin"
urlpatterns = [
    path("card/", views.card_entry, name="card_entry"),
    path("card/pin/", views.pin, name="pin"),
    path("card/again/", views.prove, name="prove"),
    path("card/change/", views.change_pin, name="change_pin"),
    path("c/", views.card_entry, name="card"),  # printed as /c/#CODE
    path("letter/", letter_views.letter_entry, name="letter_entry"),
    path("letter/door/", letter_views.letter_door, name="letter_door"),
    path("letter/accept/", letter_views.accept, name="accept"),
    path("g/", letter_views.letter_entry, name="letter"),  # printed as /g/#CODE
    path("family/", family_views.my_guardians, name="my_guardians"),
    path("ties/", family_views.ties, name="ties"),
    path("ties/<uuid:student_id>/said/", newcomer_views.said, name="said"),
    path("ties/<uuid:student_id>/said/correct/", newcomer_views.correct, name="correct_said"),
    path("ties/<uuid:student_id>/end/", family_views.end_tie, name="end_tie"),
    path("ties/<uuid:student_id>/end/now/", family_views.end_tie_now, name="end_tie_now"),
    path(
        "ties/<uuid:student_id>/unknown/<uuid:arrival_id>/",
        family_views.object_to,
        name="object_to",
    ),
    path("staff/", staff_views.staff, name="staff"),  # mailed as /staff/#NUMBER
    path("staff/join/", staff_views.staff_join, name="staff_join"),
    path("staff/first/", staff_views.first, name="first_two"),
    path("staff/post/", staff_views.choose_post, name="choose_post"),
    path("sessions/", session_views.session_list, name="sessions"),
    path("sessions/left/", session_views.session_left, name="session_left"),
    path("sessions/others/end/", session_views.end_others, name="end_others"),
    path("sessions/<uuid:pk>/end/", session_views.end_session, name="end_session"),
    path("leave/", views.leave, name="leave"),
    path("leave/proved/", views.leave_proved, name="leave_proved"),
]
