"""Keeping linked data in step with its sources, and deleting it when its time is over."""

from apps.linkage.progress import progress_of
from apps.linkage.services.losing import (
    NOT_ASKED,
    effects_of_loss,
    follow_acts,
    losing_of,
    propose_loss,
)
from apps.linkage.services.mapping import mapping_of, mappings_told, save_mapping
from apps.linkage.services.receiving import (
    DECIDED,
    THROWN_AWAY,
    CannotReceive,
    decide,
    files_waiting_for,
    look_at,
    look_over,
    receive,
    report_as_json,
    throw_away,
    waits,
)
from apps.linkage.services.running import AlreadyRunning, ask, sync, sync_all
from apps.linkage.services.slow_files import forget_slow_files, n_set_aside
from apps.linkage.services.sources import (
    Trouble,
    check,
    freshness_of,
    is_late,
    is_trial_peer,
    last_links,
    last_run,
    save_source,
    troubles,
)
from apps.linkage.services.sweeping import sweep

__all__ = [
    "NOT_ASKED",
    "effects_of_loss",
    "follow_acts",
    "losing_of",
    "propose_loss",
    "DECIDED",
    "THROWN_AWAY",
    "AlreadyRunning",
    "CannotReceive",
    "Trouble",
    "ask",
    "check",
    "decide",
    "files_waiting_for",
    "forget_slow_files",
    "freshness_of",
    "is_late",
    "is_trial_peer",
    "last_links",
    "last_run",
    "look_at",
    "look_over",
    "mapping_of",
    "mappings_told",
    "n_set_aside",
    "progress_of",
    "receive",
    "report_as_json",
    "save_mapping",
    "save_source",
    "sweep",
    "sync",
    "sync_all",
    "throw_away",
    "troubles",
    "waits",
]
