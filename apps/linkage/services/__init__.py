"""Keeping linked data in step with its sources, and deleting it when its time is over."""

from apps.linkage.services.running import AlreadyRunning, ask, sync, sync_all
from apps.linkage.services.sources import (
    Trouble,
    check,
    freshness_of,
    is_late,
    last_links,
    last_run,
    save_source,
    troubles,
)
from apps.linkage.services.sweeping import sweep

__all__ = [
    "AlreadyRunning",
    "Trouble",
    "ask",
    "check",
    "freshness_of",
    "is_late",
    "last_links",
    "last_run",
    "save_source",
    "sweep",
    "sync",
    "sync_all",
    "troubles",
]
