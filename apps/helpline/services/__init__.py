"""The verbs of this room: asking, being called, answering, and the promise behind them."""

from apps.helpline.services.answering import (
    answer,
    calls_of,
    close,
    notes_of,
    open_for,
    see,
    waiting_for,
)
from apps.helpline.services.asking import (
    SHOWN_EARLIER,
    ask,
    cancel,
    latest_for,
    next_call,
    replies_to,
    sent_by,
)
from apps.helpline.services.calling import escalate_due
from apps.helpline.services.drills import (
    drills_for,
    drills_waiting_for,
    end_drill,
    look_at_drill,
    start_drill,
    waits_for,
)
from apps.helpline.services.duty import (
    approve,
    duty_of,
    is_kept,
    listed_people,
    replan_all,
    save_duty,
    switch_off,
    switch_on,
    watch_of,
    watcher_of,
    what_is_missing,
)
from apps.helpline.services.load import load_of
from apps.helpline.services.mailing import deliver_mail
from apps.helpline.services.moves import (
    MOVES,
    PURPOSE,
    REPLY_LIMIT,
    WORDS_LIMIT,
    CannotMove,
    DutyRefused,
    NotOpen,
)
from apps.helpline.services.warning import warnings_for

__all__ = [
    "MOVES",
    "PURPOSE",
    "REPLY_LIMIT",
    "SHOWN_EARLIER",
    "WORDS_LIMIT",
    "CannotMove",
    "DutyRefused",
    "NotOpen",
    "answer",
    "approve",
    "ask",
    "calls_of",
    "cancel",
    "close",
    "deliver_mail",
    "drills_for",
    "drills_waiting_for",
    "duty_of",
    "end_drill",
    "escalate_due",
    "is_kept",
    "latest_for",
    "listed_people",
    "load_of",
    "look_at_drill",
    "next_call",
    "notes_of",
    "open_for",
    "replan_all",
    "replies_to",
    "save_duty",
    "see",
    "sent_by",
    "start_drill",
    "switch_off",
    "switch_on",
    "waiting_for",
    "warnings_for",
    "waits_for",
    "watch_of",
    "watcher_of",
    "what_is_missing",
]
