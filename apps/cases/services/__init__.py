"""What can happen to signs and cases: found by rules, looked at and worked on by people."""

from apps.cases.services.casework import (
    CannotMove,
    close,
    decide,
    open_case,
    organisations_for,
    plan,
    record_outcome,
    refer,
    written_so_far,
)
from apps.cases.services.queue import CaseRow, queue_for, row_of
from apps.cases.services.rules import install_rules
from apps.cases.services.signs import sweep

__all__ = [
    "CannotMove",
    "CaseRow",
    "close",
    "decide",
    "install_rules",
    "open_case",
    "organisations_for",
    "plan",
    "queue_for",
    "record_outcome",
    "refer",
    "row_of",
    "sweep",
    "written_so_far",
]
