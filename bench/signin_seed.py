"""Students of an invented school with cards whose PIN is chosen, and a guesser at one of them.

``python -m bench.signin_seed cards N`` → {"codes", "municipality"} as JSON;
``python -m bench.signin_seed guess`` → {"tries", "compared", "known"}: wrong PINs typed on one card,
one every twenty seconds of an hour, how many were compared, and whether the right one opens then.
"""

import json
import os
import sys
import uuid
from datetime import timedelta

from bench.in_process import set_up_django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kaga_portal.settings")
set_up_django()

from django.db import transaction  # noqa: E402 - after Django is set up

from apps.signin.models import LoginCard  # noqa: E402
from apps.signin.services import cards  # noqa: E402
from apps.signin.services.pins import WRONG  # noqa: E402
from tests import factories  # noqa: E402

PIN, STEP, TRIES = "7305", timedelta(seconds=20), 180


@transaction.atomic
def used_cards(n):
    """The codes of ``n`` cards that have been used once, of students of a new school."""
    city = factories.municipality(uuid.uuid4().hex[:6], "加賀市(架空)")
    of_class = factories.school_class(factories.school(city, code=uuid.uuid4().hex[:13]))
    students = [
        factories.student(of_class, f"生徒{number}", number=number + 1) for number in range(n)
    ]
    codes = [code for _, code in cards.issue_cards(students, by=None)]
    for code in codes:
        cards.set_first_pin(code, PIN)
    return {"codes": codes, "municipality": str(city.pk)}


def guessed():
    """An hour of wrong PINs on a card; its row is aged between them, for no clock is waited for."""
    code = used_cards(1)["codes"][0]
    compared = sum(_is_compared(code, f"{n + 1000}") for n in range(TRIES))
    return {"tries": TRIES, "compared": compared, "known": _opens(code)}


def _is_compared(code, pin):
    try:
        cards.sign_in_with_card(code, pin)
    except cards.CannotSignIn as refusal:
        _age()
        return str(refusal) == str(WRONG)
    raise SystemExit("a wrong PIN opened a card")


def _opens(code):
    try:
        return bool(cards.sign_in_with_card(code, PIN))
    except cards.CannotSignIn:
        return False


def _age():
    for card in LoginCard.objects.exclude(wrong_at=[]):
        card.wrong_at = [at - STEP for at in card.wrong_at]
        card.locked_until = card.locked_until and card.locked_until - STEP
        card.pin_set_at -= STEP
        card.save(update_fields=["wrong_at", "locked_until", "pin_set_at"])


if __name__ == "__main__":
    what, *more = sys.argv[1:]
    print(json.dumps(guessed() if what == "guess" else used_cards(int(more[0]))))
