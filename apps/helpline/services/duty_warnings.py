"""Warnings about duty rosters, for the start page of who can correct them."""

from datetime import timedelta

from django.db.models import Q
from django.urls import reverse

from apps.core import clock
from apps.helpline import words
from apps.helpline.models import Call, CallMailState, Drill, DutyRoster, HelpRequest
from apps.helpline.services import routes
from apps.helpline.services.duty_rosters import is_commitment_kept, missing_requirements
from apps.people.permissions import cities_where, may, schools_where

DRILL_EVERY = timedelta(days=31)
MAIL_WINDOW = timedelta(days=7)

REQUESTS_STOPPED = (
    "話したい: さいごの人か見る時間がないため、受け付けが止まっています。当番を直してください。"
)
REQUIREMENTS_MISSING = "話したい: 当番に足りないところがあります。"
WORDS_CHANGED = (
    "話したい: 生徒が読む言葉が変わりました。専門の人の確認を、もう一度記録してください。"
)
ROUTE_PERSON_LEFT = "学校の大人のことの相談先: 決めた人が、もういません。決め直してください。"
ROUTE_STOPPED = (
    "学校の大人のことの相談先: 人が足りないため、生徒の画面に出ていません。決め直してください。"
)
NO_ROUTE_DRILL = "学校の大人のことの相談先: この1か月、練習をしていません。"
NO_DRILL = "話したい: この1か月、練習をしていません。"
NO_MAIL = "話したい: 当番へのメールが届いていません。アドレスを確かめてください。"


def duty_warnings_for(user):
    """[(sentence, URL)] about rosters of the schools where this person has a school-wide role."""
    if not may(user, "duty.drill"):
        return []
    schools = schools_where(user, "duty.drill")
    rosters = DutyRoster.objects.filter(school__in=schools, is_on=True)
    return [
        (words, reverse("admin:helpline_dutyroster_change", args=[roster.pk]))
        for roster in rosters.select_related("first", "second", "last", "approval")
        for words in _about(roster, user)
    ]


def route_warnings_for(user):
    """[(sentence, URL)] about the route of this person's city; never shown to a school."""
    for municipality_id in sorted(cities_where(user, "route.view"), key=str):
        route = routes.latest_route(municipality_id)
        if route is not None and route.is_on:
            url = reverse("admin:helpline_route", args=[route.pk])
            yield from ((words, url) for words in _about_route(route))


def _about_route(route):
    held = {post.user_id for post in routes.posts_of_route(route)}
    if {route.first_id, route.second_id, route.last_id} - held:
        yield ROUTE_PERSON_LEFT
    if routes.missing_people(route):
        yield ROUTE_STOPPED
    since = clock.now() - DRILL_EVERY
    if not Drill.objects.filter(
        school=None, municipality=route.municipality_id, started_at__gte=since
    ).exists():
        yield NO_ROUTE_DRILL


def _about(roster, user):
    if not is_commitment_kept(roster):
        yield REQUESTS_STOPPED
    elif missing_requirements(roster):
        yield REQUIREMENTS_MISSING
    if roster.approval.wording != words.WORDS_VERSION:
        yield WORDS_CHANGED
    now = clock.now()
    drills = Drill.objects.filter(school=roster.school_id, started_at__gte=now - DRILL_EVERY)
    if not drills.exists():
        yield NO_DRILL
    contacts = [roster.first_id, roster.second_id, roster.last_id]
    failed = Call.objects.filter(
        person__in=contacts, mail_state=CallMailState.FAILED, called_at__gte=now - MAIL_WINDOW
    )
    # A call about a request tells that there is one: only its readers learn that it failed.
    readable = HelpRequest.objects.visible_to(user)
    if failed.filter(Q(step__request=None) | Q(step__request__in=readable)).exists():
        yield NO_MAIL
