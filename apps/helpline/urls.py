"""URLs of the app: they say nothing, because a browser's history keeps them."""

from django.urls import path

from apps.helpline import card_views, family_views, talk_views, views

app_name = "helpline"
urlpatterns = [
    path("", views.start, name="start"),
    path("1/", views.now, name="now"),
    path("2/", views.ask, name="ask"),
    path("3/", views.status, name="status"),
    path("<uuid:pk>/", views.status, name="one"),
    path("<uuid:pk>/4/", views.cancel, name="cancel"),
    path("<uuid:pk>/5/", views.hide, name="hide"),
    path("6/", views.hidden, name="hidden"),
    path("7/", card_views.by_card, name="by_card"),
    path("8/", card_views.sent_by_card, name="sent_by_card"),
    path("9/", views.reply, name="reply"),
    path("11/<uuid:student_id>/", family_views.ask, name="family"),
    path("11/<uuid:student_id>/<uuid:pk>/", family_views.withdraw, name="family_withdraw"),
    path("<uuid:pk>/10/", talk_views.write_back, name="write_back"),
]
