"""The ledger's checkpoints, to the privacy officer. The ledger itself knows no staff."""

from django.contrib import admin

from apps.ledger.models import Checkpoint
from apps.people.admin_bases.staff import ReadOnlyAdmin


@admin.register(Checkpoint)
class CheckpointAdmin(ReadOnlyAdmin):
    """How far the chains had come, and whether the second place has it; to the privacy officer."""

    view_verb = "audit.view"
    list_display = ("id", "made_at", "n_entries", "copied_at")
    fields = ("id", "made_at", "n_entries", "copied_at", "statement")
