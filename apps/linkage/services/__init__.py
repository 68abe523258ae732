"""Services of linked data: importing it, and deleting it when its time is over."""

from apps.linkage.services.data_sources import (
    SourceProblem,
    check_source,
    is_late,
    is_trial_peer,
    last_linked_at,
    last_run,
    save_source,
    source_freshness,
    source_problems,
)
from apps.linkage.services.deletion import delete_expired_records
from apps.linkage.services.file_mappings import (
    describe_file_mappings,
    get_file_mapping,
    save_file_mapping,
)
from apps.linkage.services.record_loss import (
    LOSS_NOT_COUNTED,
    follow_acts,
    loss_effects,
    pending_loss,
    propose_loss,
)
from apps.linkage.services.run_progress import percent_done
from apps.linkage.services.slow_files import count_set_aside, retry_slow_files
from apps.linkage.services.sync_runs import SourceBusy, request_run, sync_all, sync_source
from apps.linkage.services.uploads import (
    ALREADY_DECIDED,
    UPLOAD_DISCARDED,
    UploadRefused,
    awaits_decision,
    decide_run,
    discard_upload,
    preview_upload,
    preview_with_mappings,
    receive_upload,
    report_as_json,
    uploads_awaiting_decision,
)

__all__ = [
    "LOSS_NOT_COUNTED",
    "loss_effects",
    "follow_acts",
    "pending_loss",
    "propose_loss",
    "ALREADY_DECIDED",
    "UPLOAD_DISCARDED",
    "SourceBusy",
    "UploadRefused",
    "SourceProblem",
    "request_run",
    "check_source",
    "decide_run",
    "uploads_awaiting_decision",
    "retry_slow_files",
    "source_freshness",
    "is_late",
    "is_trial_peer",
    "last_linked_at",
    "last_run",
    "preview_upload",
    "preview_with_mappings",
    "get_file_mapping",
    "describe_file_mappings",
    "count_set_aside",
    "percent_done",
    "receive_upload",
    "report_as_json",
    "save_file_mapping",
    "save_source",
    "delete_expired_records",
    "sync_source",
    "sync_all",
    "discard_upload",
    "source_problems",
    "awaits_decision",
]
