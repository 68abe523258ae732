"""Warnings about duty rosters, for the start page of who can correct them."""

from datetime import timedelta

from django.db.models import Q
from django.urls import reverse

from apps.core import clock
from apps.helpline import words
from apps.helpline.models import Call, CallMailState, Drill, DutyRoster, HelpRequest
from apps.helpline.services.duty_rosters import is_commitment_kept, missing_requirements
from apps.people.permissions import may, schools_where

DRILL_EVERY = timedelta(days=31)
MAIL_WINDOW = timedelta(days=7)

REQUESTS_STOPPED = (
    "話したい: さいごの人か見る時間がないため、受け付けが止まっています。当番を直してください。"
)
REQUIREMENTS_MISSING = "話したい: 当番に足りないところがあります。"
WORDS_CHANGED = (
    "話したい: 生徒が読む言葉が変わりました。専門の人の確認を、もう一度記録してください。"
)
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
