"""What a student reads before sending: for each choice, which roles will see it."""

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from apps.consent.words import STUDENT, role_name
from apps.helpline import words
from apps.helpline.forms import HelpRequestForm
from apps.helpline.models import WantedRole
from apps.helpline.services.recipients import Recipients, recipients_of
from apps.helpline.services.transitions import CannotChangeRequest
from apps.people.models import Student


@dataclass(frozen=True)
class ReaderChoice:
    """One choice of the form: its value and label, and a sentence saying who will see it."""

    value: str
    label: str
    seen_by: str


def choices_with_readers(form: HelpRequestForm, student: Student) -> list[ReaderChoice]:
    """The choices of だれと 話したいか, each with who will see what is sent."""
    return [
        ReaderChoice(value, label, _seen_by(student, value)) for value, label in form.wanted_choices
    ]


def _seen_by(student: Student, value: str) -> str:
    kind, _sep, pk = value.partition(":")
    choice = {"wanted": WantedRole.LISTED, "person": UUID(pk)} if pk else {"wanted": kind}
    try:
        return readers_in_words(recipients_of(student, **choice))
    except CannotChangeRequest:
        return _("ここからは送らず、学校の外の電話を出します。")


def readers_in_words(found: Recipients) -> str:
    """One sentence: the roles of everybody who may open it from the start."""
    roles = [role_name(role, STUDENT) for role in found.roles_at_school]
    if found.has_readers_outside:
        roles.append(str(words.OUTSIDE_ROLE))
    return readers_sentence(roles)


def readers_sentence(roles: list[str]) -> str:
    """The sentence that names these roles as readers."""
    return _("見る人: %(roles)s") % {"roles": "、".join(roles)}
