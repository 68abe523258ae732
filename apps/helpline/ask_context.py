"""Template context of the request form: for a student who is signed in, and with the card alone."""

from typing import Any

from apps.consent.words import STUDENT, role_name
from apps.core import clock
from apps.helpline import duty_hours, recipient_words, words
from apps.helpline.forms import HelpRequestForm
from apps.helpline.models import DutyRoster, HelpRequest, ProtectionRoute
from apps.helpline.services import calling_plans, calling_status, duty_rosters, routes
from apps.people.models import Student


def context_of(
    form: HelpRequestForm, student: Student, duty: DutyRoster | None, route: ProtectionRoute | None
) -> dict[str, Any] | None:
    """The choices with who will see each, and when somebody is on duty; None: nobody reads it."""
    if duty is None and route is None and not has_city_readers(student):
        return None
    context: dict[str, Any] = {
        "form": form,
        "secrecy": words.SECRECY,
        "choices": recipient_words.choices_with_readers(form, student),
        "answer_choices": form.answer_choices(),
        "has_route": form.has_route,
        **(hours_of_roster(duty) if duty else _hours_outside(route)),
    }
    second_after = duty.second_after if duty else _waits_outside(route)
    context["commitment"] = context["halted"] or words.commitment_sentences(
        context["watcher"], second_after, is_open=context["watch"].is_open
    )
    return context


def has_readers(student: Student) -> bool:
    """Whether anybody reads what this student sends: at the school, on the route or in the city."""
    return bool(
        duty_rosters.active_roster(student.school_id)
        or routes.route_in_force(student.municipality_id)
        or has_city_readers(student)
    )


def has_city_readers(student: Student) -> bool:
    """Whether people of the city read what is sent where nobody is on duty."""
    return bool(calling_plans.plan_of_city(student).contacts.able)


def hours_of_request(request: HelpRequest, student: Student) -> dict[str, Any]:
    """The hours of whoever reads this request: the city's route or officers, or the school."""
    route = routes.route_for_calls(student.municipality_id) if request.is_protected else None
    if request.is_for_city or route:
        return _hours_outside(route)
    duty = None if request.is_protected else duty_rosters.active_roster(student.school_id)
    return hours_of_roster(duty) if duty else {}


def hours_of_roster(duty: DutyRoster) -> dict[str, Any]:
    """The hours of a school."""
    role = duty_rosters.first_responder_role(duty)
    return {
        "halted": _halted(),
        "watch": duty_rosters.availability_of(duty),
        "watcher": role_name(role, STUDENT),
    }


def _hours_outside(route: ProtectionRoute | None) -> dict[str, Any]:
    week = routes.week_of_route(route) if route else calling_plans.CITY_WEEK
    return {
        "halted": _halted(),
        "watch": duty_hours.duty_availability(clock.now(), week),
        "watcher": str(words.OUTSIDE_ROLE),
    }


def _waits_outside(route: ProtectionRoute | None) -> int:
    return route.second_after if route else calling_plans.CITY_WAITS.second


def _halted() -> list:
    return words.HALTED if calling_status.is_calling_halted() else []
