"""Services: signs found by rules, and work on cases by people."""

from apps.cases.services.case_queue import CaseRow, case_row, queue_for
from apps.cases.services.casework import (
    CannotChangeCase,
    add_decision,
    add_outcome,
    add_plan,
    add_referral,
    close_case,
    open_case,
    organisations_for,
    written_so_far,
)
from apps.cases.services.shipped_rules import seed_rules
from apps.cases.services.signs import update_signs

__all__ = [
    "CannotChangeCase",
    "CaseRow",
    "close_case",
    "add_decision",
    "seed_rules",
    "open_case",
    "organisations_for",
    "add_plan",
    "queue_for",
    "add_outcome",
    "add_referral",
    "case_row",
    "update_signs",
    "written_so_far",
]
