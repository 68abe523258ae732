"""Ledger checkpoints, for the privacy officer. The ledger app itself knows no staff."""

from django.contrib import admin

from apps.ledger.models import Checkpoint
from apps.people.admin_bases.staff import ReadOnlyAdmin


@admin.register(Checkpoint)
class CheckpointAdmin(ReadOnlyAdmin):
    """How far each chain had come, and whether the copy in the second place exists."""

    view_verb = "audit.view"
    list_display = ("id", "made_at", "n_entries", "copied_at")
    ordering = ("-id",)
    fields = ("id", "made_at", "n_entries", "copied_at", "statement")
