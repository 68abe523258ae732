"""What may be done with a case in each state, and to which state it leads."""

from django.utils.translation import gettext_lazy

from apps.cases.models import CaseState

NEW, LOOKING, WATCHING, SUPPORTING, CLOSED = CaseState
TRANSITIONS = {  # state → allowed action → next state
    NEW: {"open": LOOKING, "begin": NEW, "agenda": NEW},
    LOOKING: {
        "open": LOOKING,
        "begin": LOOKING,
        "agenda": LOOKING,
        "minutes": LOOKING,
        "note": LOOKING,
        "nothing": CLOSED,
        "watch": WATCHING,
        "support": SUPPORTING,
    },
    WATCHING: {
        "open": WATCHING,
        "begin": WATCHING,
        "agenda": WATCHING,
        "minutes": WATCHING,
        "note": WATCHING,
        "nothing": CLOSED,
        "nothing_with_plan": WATCHING,
        "watch": WATCHING,
        "support": SUPPORTING,
        "step": WATCHING,
        "outcome": WATCHING,
        "close": CLOSED,
    },
    SUPPORTING: {
        "open": SUPPORTING,
        "begin": SUPPORTING,
        "agenda": SUPPORTING,
        "minutes": SUPPORTING,
        "note": SUPPORTING,
        "nothing": CLOSED,
        "nothing_with_plan": SUPPORTING,
        "watch": WATCHING,
        "support": SUPPORTING,
        "plan": SUPPORTING,
        "step": SUPPORTING,
        "refer": SUPPORTING,
        "outcome": SUPPORTING,
        "close": CLOSED,
    },
    CLOSED: {"open": CLOSED, "minutes": CLOSED, "reopen": LOOKING},
}
REFUSALS = {
    NEW: gettext_lazy("先に、理由を選んで開いてください。"),
    LOOKING: gettext_lazy("先に、判断を書いてください。"),
    WATCHING: gettext_lazy("支援計画と紹介は、「支援する」と判断してから書けます。"),
    SUPPORTING: gettext_lazy("いまはできません。"),
    CLOSED: gettext_lazy("このケースは終わっています。"),
}
