"""The answer given on the first screen, on its way to the form.

The form is opened by its own address, so that Back and reload work; the answer stands neither in
the address nor readable in the session: it is sealed there, for ten minutes, for one student.
"""

import base64

from apps.core import clock
from apps.core.crypto import CannotUnseal
from apps.vault.services.keys import key_ring

SESSION_KEY = "checkins.first_answer"
KEEP_FOR_S = 600
_LENGTH = 16  # of every sealed answer: its length tells nothing


def store_first_answer(session, student, code, value):
    """Seal what was chosen for the first question of the set ``code``; "" is 答えたくない."""
    plain = value[:_LENGTH].ljust(_LENGTH).encode()
    name, sealed = key_ring().wrap(plain, _context(student, code))
    session[SESSION_KEY] = [
        name,
        base64.b64encode(sealed).decode(),
        int(clock.now().timestamp()) + KEEP_FOR_S,
    ]


def load_first_answer(session, student, code):
    """What was chosen, or None where nothing is kept any more."""
    try:
        name, sealed, until = session[SESSION_KEY]
        if until < clock.now().timestamp():
            return None
        opened = key_ring().unwrap(name, base64.b64decode(sealed), _context(student, code))
    except (KeyError, ValueError, TypeError, CannotUnseal):
        return None
    return opened.decode().rstrip()


def clear_first_answer(session):
    """The form was sent: nothing is filled in any more."""
    session.pop(SESSION_KEY, None)


def _context(student, code):
    return f"checkins.first_answer|{student.pk}|{code}".encode()
