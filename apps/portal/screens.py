"""The context of a person's first page, gathered from the apps below."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings

from apps.checkins import page_context as checkin_pages
from apps.checkins.services import (
    frequencies,
    question_sets,
    reading,
    staff_words,
    storage,
    submissions,
)
from apps.checkins.words import PAUSED_BY_CITY, WHY_NOT_ASKED
from apps.consent import pages
from apps.consent.models import Party, Programme
from apps.consent.services import messages, purpose_status, respondents
from apps.consent.words import CHILD_ANSWER_NOT_SHOWN, role_name
from apps.core.clock import today
from apps.disclosure import pages as disclosure_pages
from apps.disclosure.services import access_days
from apps.helpdesk.services import questions
from apps.helpline import ask_context, tickets
from apps.helpline.services import help_requests
from apps.helpline.timeline import shown_state
from apps.linkage.self_info_facts import PURPOSES as SELF_INFO
from apps.notices.services import inbox as notices_inbox
from apps.notices.services import organisations
from apps.people.models import School, Student
from apps.people.pin_reauthentication import is_reauthenticated
from apps.push.services import broadcasts as push
from apps.registration.services import family_registrations, own_registrations
from apps.registration.services import print_runs as printing_service
from apps.signin.last_card_use import last_use_of_session
from apps.signin.services import first_pins, pin_resets
from apps.signin.services.school_account_services import is_offered_in

PLACES_ON_HOME = 3
ACCESSES_ON_HOME = 3
NOTICES_ON_HOME = 3
REPLIES_SEEN_DAYS = 2


@dataclass(frozen=True)
class ChildSummary:
    """One child on the guardian's first page."""

    student: Student
    lines: list
    seen: list
    n_open: int
    may_receive: bool  # they have agreed to a purpose with data from マイナポータル
    is_informed_only: bool


@dataclass(frozen=True)
class UnconfirmedChild:
    """A child for whom the school has not confirmed this person yet."""

    pk: UUID
    name: str
    school: School  # whose letter it was
    until: datetime  # then it lapses
    n_open: int
    may_be_informed_only: bool  # by the relation they stated
    has_secret: bool  # a hidden guardian: nobody calls the number the school holds


def student_of(user):
    """The student whose account this is, or None."""
    return (
        Student.objects.filter(user=user.pk)
        .select_related("municipality", "school", "home_class", "user")
        .first()
    )


def student_screen(student, session):
    """The context of a student's first page. Showing it marks the notices on it as shown."""
    inbox = notices_inbox.inbox_for(student.user, limit=1)
    places = organisations.find_organisations(student.municipality_id)
    notices_inbox.mark_shown(student.user, inbox)
    asked = help_requests.latest_request(student)
    reads = is_reauthenticated(session, student)
    return {
        "student": student,
        "today": today(),
        **_question(student),
        "newest": inbox[0] if inbox else None,
        "n_new": notices_inbox.count_unread(student.user) + messages.count_unread(student.user),
        "places": places[:PLACES_ON_HOME],
        "n_places": len(places),
        "has_new_reply": questions.has_new_reply(student.user, student.closed_before),
        "has_staff_word": reads and staff_words.has_unread(student),
        "asked": asked,
        "asked_state": asked and shown_state(asked, reads=reads),
        "offline_request": _offline_help_request(student),
        "registrations": family_registrations.registrations_of_student(student),
        "pin_resets": [
            (reset.reset_at, role_name(reset.reset_role, Party.STUDENT))
            for reset in pin_resets.recent_resets(student)
        ],
        "pin_events": [
            (event.at, event.kind, role_name(event.confirmed_role, Party.STUDENT))
            for event in first_pins.recent_pin_events(student)
        ],
        "has_unconfirmed_pin": student.has_unconfirmed_pin,
        "entry": last_use_of_session(session),
        "card_printed": _printed(printing_service.last_card_print(student), Party.STUDENT),
        "push_device": _push_device(student.user),
        "has_school_account": is_offered_in(student.municipality_id),
    }


def _offline_help_request(student):
    """What the offline page needs to keep a help request; None where nobody would read it.

    The school's contacts, the people of the city's route or the city's officers may.
    """
    if not ask_context.has_readers(student):
        return None
    form_key = uuid.uuid4()
    return {"form_key": form_key, "ticket": tickets.issue_ticket(student.pk, form_key)}


def _question(student):
    """The first question of today's check-in, or why it is not asked; what else is due."""
    if not submissions.is_offered(student):
        is_paused = purpose_status.is_paused_by_city(student, storage.PURPOSE)
        return {"why_not": "consent", "paused_words": PAUSED_BY_CITY if is_paused else ""}
    standing = frequencies.asking_status(student)
    seen = checkin_pages.seen_in_words(reading.first_views_of(student, days=REPLIES_SEEN_DAYS)[:1])
    facts = {"more": standing.more, "seen": seen}
    if not standing.is_due:
        head, words = WHY_NOT_ASKED[standing.state]
        return {**facts, "why_not": standing.state, "why_head": head, "why_words": words}
    question_set = question_sets.current_question_set("daily", student.municipality_id)
    first = question_set.questions.all()[0] if question_set else None
    return {**facts, "question": first, "why_not": "" if first else "none"}


def guardian_screen(user):
    """The context of a guardian's first page: each child in words, and the notices."""
    inbox = notices_inbox.inbox_for(user, limit=NOTICES_ON_HOME + 1)
    notices_inbox.mark_shown(user, inbox[:NOTICES_ON_HOME])
    students = purpose_status.students_known_to(user).select_related(
        "municipality", "school", "home_class"
    )
    return {
        "children": [_child(student, user) for student in students],
        "has_new_reply": questions.has_new_reply(user),
        "child_answer_not_shown": CHILD_ANSWER_NOT_SHOWN,
        "waited_for": _unconfirmed_children(user),
        "inbox": inbox[:NOTICES_ON_HOME],
        "has_more_notices": len(inbox) > NOTICES_ON_HOME,
        **_registrations(user),
        "registered_beside": family_registrations.other_registrations(user),
        "letter_printed": _printed(printing_service.last_letter_print(user), Party.GUARDIAN),
        "push_device": _push_device(user),
    }


def _unconfirmed_children(user):
    """The children as their letters name them, and how many questions are open: nothing else."""
    came = {each.student_id: each for each in own_registrations.waiting_registrations_of(user)}
    students = (
        respondents.students_awaiting_confirmation(user)
        .filter(pk__in=came)
        .order_by("given_name", "pk")
    )
    return [
        UnconfirmedChild(
            student.pk, student.given_name, came[student.pk].school, came[student.pk].waits_until,
            sum(state.is_open for state in respondents.statuses_to_answer(student, user)),
            respondents.may_be_informed_only(student, user), came[student.pk].has_secret,
        )
        for student in students
    ]  # fmt: skip


def _registrations(user):
    """The person's own registrations by letter, whether one waits, and contacts at the city."""
    registrations = own_registrations.recent_registrations_of(user)
    cities = {registration.municipality_id for registration in registrations}
    contacts = list(Programme.objects.filter(municipality__in=cities)) if registrations else []
    is_waiting = any(registration.is_waiting for registration in registrations)
    return {"registrations": registrations, "is_waiting": is_waiting, "contacts": contacts}


def _printed(printing, party):
    """(when, role in words) of the last printing of a person's own card or letter; None for none."""
    if printing is None:
        return None
    return printing.at, role_name(printing.role, party)


def _push_device(user):
    """What the page needs to keep this device's push subscription in step."""
    return {"key": settings.VAPID_PUBLIC_KEY, "wants": push.wants_push(user)}


def _child(student, user):
    states = purpose_status.statuses_for(student, user)
    lines = pages.purpose_lines(states, Party.GUARDIAN)
    seen = access_days.access_month(student, user).days
    return ChildSummary(
        student=student,
        lines=lines,
        seen=disclosure_pages.access_lines(seen[:ACCESSES_ON_HOME], Party.GUARDIAN),
        n_open=sum(line.is_open for line in lines),
        may_receive=any(s.purpose in SELF_INFO and s.agrees for s in states),
        is_informed_only=respondents.is_informed_only(student, user),
    )
