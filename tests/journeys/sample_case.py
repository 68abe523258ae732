"""A case with something of everything on its page: for the widths of pages and for pictures."""

import datetime as dt
import uuid

from apps.cases.models import SupportCase
from apps.cases.services import (
    casework,
    conversations,
    hand_overs,
    meeting_minutes,
    meetings,
    plans,
    referrals,
    schemes,
)
from apps.core import clock
from apps.core.clock import today
from apps.linkage.fact_kinds import STUDY_WEEK
from apps.linkage.study_weeks import iso_week
from apps.vault.services.keys import make_key
from tests.cases.sealed_rows import absences, days_ago, put_checkins, put_rows

LONG = "きのう 教室で しんどそうにしていた。" * 8 + "x" * 90


def put_days(student):
    """Four weeks of mood, weather, attendance and study of this student, sealed."""
    for purpose in ("checkin_review", "mood_weather", "attendance", "study_log"):
        make_key(student, purpose)
    for n, mood in enumerate([1, 0, 1, 2, 3, 2, 4]):
        put_checkins(student, [clock.now() - dt.timedelta(days=2 * n + 1)], mood)
    weather = ["rainy", "thunder", "cloudy", "sunny"]
    put_rows([student], "kokoro_tenki", [
        {"date": days_ago(3 * n + 1), "weather": each} for n, each in enumerate(weather)
    ])  # fmt: skip
    late = absences(6, mark="LATE") + absences(8, mark="SUSPENDED")
    there = absences(*range(11, 25), mark="PRESENT")
    put_rows([student], "attendance_daily", absences(1, 2, 3) + late + there)
    weeks = [iso_week(today() - dt.timedelta(weeks=n)) for n in range(1, 7)]
    put_rows([student], STUDY_WEEK, [{"week": w, "n": 3 * n + 1} for n, w in enumerate(weeks)])


def worked_on_case(town):
    """The case of the town's student, held by the nurse, with a referral and an urgent pack."""
    cast, by = town.cast, {"actor": town.cast.nurse.user}
    schemes.seed_schemes(cast.city)
    case = SupportCase.objects.create(
        municipality=cast.city, school=cast.school, student=town.student
    )

    def key():
        return {"form_key": uuid.uuid4(), **by}

    casework.open_case(case, reason="sign", **by)
    casework.add_observation(case, words=LONG, **key())
    conversations.add_conversation(
        case, partner="student", spoken_on=today(), wants="席を かえて ほしい。", not_known="父",
        topics={"feelings": "confirmed", "home": "no_wish"}, words=LONG, **key(),
    )  # fmt: skip
    casework.add_decision(case, judgement="support", words="本人が 話したいと言った。", **key())
    soon = today() + dt.timedelta(days=7)
    plans.add_plan(
        case, words="朝 おきられるように なりたい", agreed_with="not_yet", why_not="母が入院中。",
        review_on=soon, **key(),
    )  # fmt: skip
    step = plans.add_step(
        case, words="朝に声をかける。", assignee=cast.homeroom, until_on=today(), **key()
    )
    plans.add_step(case, words=LONG, assignee=None, who="本人", until_on=soon, **key())
    plans.end_step(case, step=step, is_done=True, words="話せた。", **key())
    town.referral = referrals.add_referral(
        case, organisation=town.place, words=LONG, agreed_by="both", parts=["name", "goals"],
        **key(),
    )  # fmt: skip
    town.link = referrals.renew_link(town.referral, **by)
    referrals.answer_by_link(town.link, "accepted")
    town.pack = hand_overs.add_hand_over(
        case, recipient="guidance_centre", to="児童相談所(架空)", words="命があぶない。",
        parts=["evidence", "observations", "decisions", "plans", "referrals", "outcomes"],
        is_urgent=True, **key(),
    )  # fmt: skip
    town.meeting = meetings.call_meeting([case], kind="case", held_on=today(), **key())
    meeting_minutes.add_minutes(
        town.meeting.items.get(), words=LONG, present=[cast.nurse, cast.homeroom],
        outside="児童相談所の職員", **key(),
    )  # fmt: skip
    return case
