"""Appointing staff: the only source of rights."""

import uuid

from allauth.account.models import EmailAddress
from django.db import transaction

from apps.audit.models import Action
from apps.audit.services import record
from apps.core.clock import today
from apps.people.codes import normalise_code, normalise_mail, normalise_name
from apps.people.models import CITY_WIDE, Municipality, Role, School, SchoolClass, StaffPost, User
from apps.people.permissions import role_of


class CannotAppoint(Exception):
    """The post does not make sense; the message says why (English: a command's answer)."""


@transaction.atomic
def appoint(email, role, *, municipality_code, school_code="", class_title="", name="", by=None):
    """Give a person a post from today; makes the account if there is none. Returns the StaffPost.

    A post that the roster gave to a teacher without an account becomes theirs: the class tells
    which, or ``name`` ("姓 名" as the roster has it). ``role`` is a people.Role value. Raises
    CannotAppoint.
    """
    municipality = _one(
        Municipality.objects.filter(code=normalise_code(municipality_code)),
        "municipality",
        municipality_code,
    )
    school = school_class = None
    if role not in CITY_WIDE:
        school = _one(
            School.objects.filter(municipality=municipality, code=normalise_code(school_code)),
            "school",
            school_code,
        )
    if role == Role.HOMEROOM:
        current = SchoolClass.objects.current().filter(school=school)
        school_class = _only(_called(current, "title", class_title), "class", class_title)
    place = {"municipality": municipality, "school": school, "school_class": school_class}
    user = _user(email)
    held = StaffPost.objects.filter(**place, user=user, role=role, ends_on=None).first()
    post = held or _of_the_roster(user, role, place, name)
    if post is None:
        post = StaffPost.objects.create(
            **place, user=user, role=role, name=name or email, begins_on=today()
        )
    record(
        Action.STAFF_APPOINTED,
        actor=by,
        role=role_of(by) if by else "command line",
        municipality_id=municipality.pk,
        thing=post,
    )
    return post


def _of_the_roster(user, role, place, name):
    """The roster's post of this teacher, now with its account; None where there is none.

    Taken only where it can be meant: by its name, or as the only one of a class.
    """
    posts = StaffPost.objects.current().select_for_update(of=["self"])
    free = posts.filter(**place, role=role, user=None).exclude(source_id="")
    found = _called(free, "name", name) if name else list(free)
    if name and len(found) > 1:
        raise CannotAppoint(f"The roster has {len(found)} posts of {name!r} there.")
    if len(found) != 1 or not (name or place["school_class"]):
        return None
    (post,) = found
    post.user = user
    post.save(update_fields=["user"])
    return post


def _called(rows, column, text):
    """Those of these rows whose ``column`` is this text, in whatever width it was typed."""
    wanted = normalise_name(text)
    return [row for row in rows if normalise_name(getattr(row, column)) == wanted]


def _only(found, what, name):
    if len(found) > 1:
        raise CannotAppoint(f"There are {len(found)} of {what} {name!r}.")
    if not found:
        raise CannotAppoint(f"There is no {what} {name!r}.")
    return found[0]


def _one(found, what, name):
    one = found.first()
    if one is None:
        raise CannotAppoint(f"There is no {what} {name!r}.")
    return one


def _user(email):
    email = normalise_mail(email)
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        user = User(username=uuid.uuid4().hex, email=email)
        user.set_unusable_password()
    elif not user.is_staff:
        raise CannotAppoint(f"{email} is the account of a guardian; use another address.")
    user.is_staff = True
    user.save()
    if not EmailAddress.objects.filter(user=user, email__iexact=email).exists():
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user
