"""What stands on a person's first screen, gathered from the rooms below."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings

from apps.checkins import pages as checkin_pages
from apps.checkins import services as checkins
from apps.checkins.wording import PAUSED_BY_CITY, WHY_NOT_ASKED
from apps.consent import pages
from apps.consent import services as consent
from apps.consent.models import Party, Programme
from apps.consent.words import NOBODY, ROLES
from apps.core.clock import today
from apps.helpline import services as helpline
from apps.helpline import tickets
from apps.linkage import services as linkage
from apps.linkage.self_info_reducing import PURPOSES as SELF_INFO
from apps.notices import services as notices
from apps.people.models import School, Student
from apps.push import services as push
from apps.signin import services as signin
from apps.signin.entry_notes import note_in
from apps.signin.services import family_told

PLACES_ON_HOME = 3
SEEN_ON_HOME = 3
SEEN_DAYS = 2


@dataclass(frozen=True)
class Child:
    """One child on the guardian's screen."""

    student: Student
    lines: list
    seen: list
    n_seen: int
    n_open: int
    may_receive: bool  # a purpose that マイナポータル answers is effective, and theirs to decide
    is_informed_only: bool


@dataclass(frozen=True)
class WaitedFor:
    """A child for whom the school has not confirmed this person yet."""

    pk: UUID
    name: str
    school: School  # whose letter it was
    until: datetime  # then it lapses
    n_open: int
    may_be_informed_only: bool  # by what they said they are to the child
    has_secret: bool  # somebody must not learn of it: nobody calls the number the school holds


def student_of(user):
    """The student whose account this is, or None."""
    return (
        Student.objects.filter(user=user.pk)
        .select_related("municipality", "school", "home_class", "user")
        .first()
    )


def student_screen(student, session):
    """The context of a student's first screen. Showing it marks the notices on it as shown."""
    inbox = notices.inbox_for(student.user)
    places = notices.places_for(student.municipality_id)
    notices.mark_shown(student.user, inbox[:1])
    return {
        "student": student,
        "today": today(),
        **_question(student),
        "newest": inbox[0] if inbox else None,
        "n_new": sum(item.is_new for item in inbox) + consent.n_unread(student.user),
        "places": places[:PLACES_ON_HOME],
        "n_places": len(places),
        "asked": helpline.latest_for(student),
        "wish": _wish(student),
        "arrivals": family_told.registered_to_student(student),
        "pin_resets": [
            (reset.reset_at, ROLES.get(reset.reset_role, NOBODY)[1])
            for reset in signin.resets_told(student)
        ],
        "pin_events": [
            (event.at, event.kind, ROLES.get(event.confirmed_role, NOBODY)[1])
            for event in signin.pin_told(student)
        ],
        "waits_for_proof": student.waits_for_proof,
        "entry": note_in(session),
        "card_printed": _printed(signin.card_printing(student), Party.STUDENT),
        "bell": _bell(student.user),
    }


def _wish(student):
    """What the page without network needs to keep a wish to talk; None where nobody would look."""
    if helpline.duty_of(student.school_id) is None:
        return None
    form_key = uuid.uuid4()
    return {"form_key": form_key, "ticket": tickets.issue(student.pk, form_key)}


def _question(student):
    """The first question of today's check-in, or why it is not asked; what else is due."""
    if not checkins.is_offered(student):
        is_paused = consent.is_paused_by_city(student, checkins.PURPOSE)
        return {"why_not": "consent", "paused_words": PAUSED_BY_CITY if is_paused else ""}
    standing = checkins.standing(student)
    seen = checkin_pages.seen(checkins.seen_of(student, days=SEEN_DAYS)[:1])
    told = {"more": standing.more, "seen": seen}
    if not standing.is_due:
        head, words = WHY_NOT_ASKED[standing.state]
        return {**told, "why_not": standing.state, "why_head": head, "why_words": words}
    asked = checkins.current_set("daily", student.municipality_id)
    first = asked.questions.all()[0] if asked else None
    return {**told, "question": first, "why_not": "" if first else "none"}


def guardian_screen(user):
    """The context of a guardian's first screen: each child in words, and the notices."""
    inbox = notices.inbox_for(user)
    notices.mark_shown(user, inbox[:3])
    students = consent.students_deciding(user).select_related(
        "municipality", "school", "home_class"
    )
    return {
        "children": [_child(student, user) for student in students],
        "waited_for": _waited_for(user),
        "inbox": inbox[:3],
        "n_notices": len(inbox),
        "n_told": consent.n_unread(user),
        **_arrivals(user),
        "registered_beside": family_told.registered_beside(user),
        "letter_printed": _printed(signin.letter_printing(user), Party.GUARDIAN),
        "bell": _bell(user),
    }


def _waited_for(user):
    """The children as their letters name them, and how many questions are open: nothing else."""
    came = {each.student_id: each for each in signin.arrivals_waiting_as(user)}
    students = consent.students_waited_for(user).filter(pk__in=came).order_by("given_name", "pk")
    return [
        WaitedFor(
            student.pk, student.given_name, came[student.pk].school, came[student.pk].waits_until,
            sum(state.is_open for state in consent.states_to_answer(student, user)),
            consent.may_be_informed_only(student, user), came[student.pk].has_secret,
        )
        for student in students
    ]  # fmt: skip


def _arrivals(user):
    """The own arrivals by letter, whether one waits, and who of the city can be asked."""
    arrivals = signin.arrivals_of(user)
    cities = {arrival.municipality_id for arrival in arrivals}
    contacts = list(Programme.objects.filter(municipality__in=cities)) if arrivals else []
    is_waiting = any(arrival.is_waiting for arrival in arrivals)
    return {"arrivals": arrivals, "is_waiting": is_waiting, "contacts": contacts}


def _printed(printing, party):
    """(when, role in words) of the last printing of a person's own card or letter; None for none."""
    if printing is None:
        return None
    return printing.at, ROLES.get(printing.role, NOBODY)[party == Party.STUDENT]


def _bell(user):
    """What the page needs to keep this device's bell in step."""
    return {"key": settings.VAPID_PUBLIC_KEY, "wants": push.wants_bells(user)}


def _child(student, user):
    states = consent.states_for(student, user)
    linked = linkage.last_links(student, user)
    lines = pages.lines(states, Party.GUARDIAN)
    events = consent.looked_at(student, user)
    return Child(
        student=student,
        lines=[(line, linked.get(line.purpose)) for line in lines],
        seen=pages.seen(events[:SEEN_ON_HOME], Party.GUARDIAN),
        n_seen=events.count(),
        n_open=sum(line.is_open for line in lines),
        may_receive=any(
            s.purpose in SELF_INFO and s.standing.is_effective and s.has_say for s in states
        ),
        is_informed_only=consent.is_informed_only(student, user),
    )
