"""State transitions of help requests, and helpers shared by the services."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.audit.models import Audience
from apps.audit.services.audit_events import record_about
from apps.core import clock
from apps.core.text import is_blank
from apps.helpline.models import HelpRequest, HelpState
from apps.vault.services.keys import key_for_writing, make_key_without_store

PURPOSE = "helpline"
WORDS_LIMIT = 200
REPLY_LIMIT = 1000
KEPT_WORDS_LIMIT = 60

TRANSITIONS = {
    HelpState.SENT: {HelpState.SEEN, HelpState.CANCELLED},
    HelpState.SEEN: {HelpState.ANSWERED, HelpState.CANCELLED, HelpState.CLOSED},
    HelpState.ANSWERED: {HelpState.ANSWERED, HelpState.CLOSED},
    HelpState.CLOSED: set(),
    HelpState.CANCELLED: set(),
}
_REFUSALS = {
    HelpState.SENT: _("まだだれも見ていません。"),
    HelpState.SEEN: _("もう見ました。"),
    HelpState.ANSWERED: _("もう返事が来ています。"),
    HelpState.CLOSED: _("この相談は、もう終わりになっています。"),
    HelpState.CANCELLED: _("本人が取り消しました。"),
}
_STAMPS = {
    HelpState.SEEN: "seen_at",
    HelpState.ANSWERED: "answered_at",
    HelpState.CLOSED: "closed_at",
}


class CannotChangeRequest(Exception):
    """The transition is not allowed; the message is shown to the user."""


class RequestChangedMeanwhile(CannotChangeRequest):
    """Somebody else replied or noted something since the page was opened."""


class HelplineNotOpen(CannotChangeRequest):
    """The school's duty roster is off: nobody would be called."""


class OutsideLinesOnly(CannotChangeRequest):
    """Nobody outside the school reads requests here: the outside lines are shown instead."""


class DutyCommitmentRefused(Exception):
    """The roster cannot be switched on, or saved so; ``sentences`` say what is missing."""

    def __init__(self, sentences):
        super().__init__("".join(sentences))
        self.sentences = sentences


def lock_request(request):
    """The request, locked until the caller's transaction ends. Escalation workers wait for it."""
    return (
        HelpRequest.objects.select_for_update(of=["self"], no_key=True)
        .select_related("student__user")
        .get(pk=request.pk)
    )


def change_state(request, state):
    """Move a locked request to another state. Raises CannotChangeRequest if the table forbids it."""
    if state not in TRANSITIONS[HelpState(request.state)]:
        raise CannotChangeRequest(_REFUSALS[HelpState(request.state)])
    request.state = state
    if state in _STAMPS:
        setattr(request, _STAMPS[state], clock.now())
    request.save()


def save_sealed(row, student, content):
    """Save a SealedRow of this student with its content, creating the key on first use."""
    make_key_without_store(student, PURPOSE)
    row.municipality_id = student.municipality_id
    key_for_writing(student.pk, PURPOSE).seal(row, content)
    row.save(force_insert=True)
    return row


def checked_words(words, limit):
    """The text, stripped; "" where nobody sees anything of it. Raises CannotChangeRequest where it is too long."""
    words = "" if is_blank(words or "") else words.replace("\r\n", "\n").strip()
    if len(words) > limit:
        raise CannotChangeRequest(gettext("%(limit)s字までで書いてください。") % {"limit": limit})
    return words


def record_request_event(action, request, *, actor=None, role="system", thing=None, fields=()):
    """Record what happened to a request. Guardians never see it."""
    record_about(
        request, action, actor=actor, role=role, thing=thing or request, purpose=PURPOSE,
        fields=fields, audience=Audience.PROTECTIVE,
    )  # fmt: skip
