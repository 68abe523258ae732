"""Asks a student for the PIN again before showing their own content; valid for this session.

Sending never asks. Whoever finds an open tablet, or signs in with a card left behind,
reads nothing written in confidence. ``apps.signin`` checks the PIN and calls this.
"""

from datetime import datetime, timedelta
from functools import wraps

from django.shortcuts import redirect
from django.urls import reverse

from apps.core import clock

VALID_FOR = timedelta(minutes=10)
SESSION_KEY = "people.pin_proof"  # in the session: {"student": id, "until": ISO time}

BACK_KEY = "people.pin_back"  # in the session: the path to open afterwards


def mark_reauthenticated(session, student) -> None:
    """Note that the student has just typed the right PIN in this session."""
    until = clock.now() + VALID_FOR
    session[SESSION_KEY] = {"student": str(student.pk), "until": until.isoformat()}


def is_reauthenticated(session, student) -> bool:
    """Whether the student typed the PIN in this session within the last ten minutes."""
    proof = session.get(SESSION_KEY) or {}
    if proof.get("student") != str(student.pk):
        return False
    return clock.now() < datetime.fromisoformat(proof["until"])


def reauthentication_url(session, back: str) -> str:
    """URL of the PIN page; the session keeps the path opened afterwards, the address does not."""
    if session.get(BACK_KEY) != back:
        session[BACK_KEY] = back
    return reverse("signin:prove")


def path_after_reauthentication(session) -> str:
    """The path kept by the last page that led to the PIN page, or ""."""
    return session.get(BACK_KEY, "")


def pin_required(view):
    """Decorator: a student who has not typed the PIN lately is sent to the PIN page first.

    Posted data is not kept: the page asks again afterwards.
    """

    @wraps(view)
    def inner(request, *args, **kwargs):
        student = getattr(request.user, "student", None)
        if student is None or is_reauthenticated(request.session, student):
            return view(request, *args, **kwargs)
        back = request.get_full_path() if request.method in ("GET", "HEAD") else "/"
        return redirect(reauthentication_url(request.session, back))

    return inner
