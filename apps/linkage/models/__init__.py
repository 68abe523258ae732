"""Models of linked data: sources, their runs, and the sealed facts they gave."""

from apps.linkage.models.choices import (
    FileKind,
    FileLayout,
    LossScope,
    RunFault,
    RunState,
    SourceKind,
    SyncInterval,
)
from apps.linkage.models.data_sources import (
    AgreedStudents,
    DataSource,
    Freshness,
    SlowFile,
    SourceFile,
    SyncIssue,
    SyncRun,
    secret_prefix_of,
)
from apps.linkage.models.file_mappings import FileMapping
from apps.linkage.models.linked_records import LinkedRecord

__all__ = [
    "AgreedStudents",
    "DataSource",
    "RunFault",
    "FileKind",
    "FileLayout",
    "FileMapping",
    "Freshness",
    "LinkedRecord",
    "LossScope",
    "SyncInterval",
    "RunState",
    "SlowFile",
    "SourceFile",
    "SourceKind",
    "SyncIssue",
    "SyncRun",
    "secret_prefix_of",
]
