"""わたしの情報, from the guardian's first tap to the few facts that are kept. Never a feed."""

from apps.linkage.services.self_info.asking import Offer, offers, students_of_guardian
from apps.linkage.services.self_info.beginning import (
    CannotBegin,
    Early,
    NotYours,
    UnderWay,
    begin,
    come_back,
    note_ready,
)
from apps.linkage.services.self_info.carrying import carry, forget
from apps.linkage.services.self_info.codes import save_code
from apps.linkage.services.self_info.looking import n_refused, sessions_of
from apps.linkage.services.self_info.places import TRIAL_CODES, install_trial_codes, place

__all__ = [
    "TRIAL_CODES",
    "CannotBegin",
    "Early",
    "NotYours",
    "Offer",
    "UnderWay",
    "begin",
    "carry",
    "come_back",
    "forget",
    "install_trial_codes",
    "n_refused",
    "note_ready",
    "offers",
    "place",
    "save_code",
    "sessions_of",
    "students_of_guardian",
]
