"""Sentences of signing in that more than one place says."""

from django.utils.translation import gettext_lazy as _

from apps.signin.codes import PinProblem, pin_problem

TOO_MANY_TRIES = _("今、何度も試されています。少し待ってください。")
PIN_PROBLEMS = {
    PinProblem.NO_PIN: _("4桁から6桁の数字を入れてください。"),
    PinProblem.EASY_TO_GUESS: _("人にすぐわかる番号です。ほかの番号にしてください。"),
}


def pin_problem_words(pin: str) -> str:
    """Why a PIN will not do, in a sentence for the student, or "" where it will."""
    problem = pin_problem(pin)
    return str(PIN_PROBLEMS[problem]) if problem else ""
