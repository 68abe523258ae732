"""Carries the answer given on the home page to the check-in form.

The form has its own URL, so that Back and reload work; the answer is neither in
the URL nor readable in the session: it is encrypted there, for ten minutes, for one student.
"""

import base64

from apps.core import clock
from apps.core.crypto import CannotUnseal
from apps.vault.services.keys import key_ring

SESSION_KEY = "checkins.first_answer"
KEEP_FOR_S = 600
_LENGTH = 16  # of every encrypted answer, so that its length reveals nothing


def store_first_answer(session, student, code, value):
    """Encrypt the choice for the first question of the set ``code``; "" is 答えたくない."""
    plain = value[:_LENGTH].ljust(_LENGTH).encode()
    name, sealed = key_ring().wrap(plain, _context(student, code))
    session[SESSION_KEY] = [
        name,
        base64.b64encode(sealed).decode(),
        int(clock.now().timestamp()) + KEEP_FOR_S,
    ]


def load_first_answer(session, student, code):
    """The choice, or None where nothing is stored any more."""
    try:
        name, sealed, until = session[SESSION_KEY]
        if until < clock.now().timestamp():
            return None
        opened = key_ring().unwrap(name, base64.b64decode(sealed), _context(student, code))
    except (KeyError, ValueError, TypeError, CannotUnseal):
        return None
    return opened.decode().rstrip()


def clear_first_answer(session):
    """Forget the choice, once the form was sent."""
    session.pop(SESSION_KEY, None)


def _context(student, code):
    return f"checkins.first_answer|{student.pk}|{code}".encode()
