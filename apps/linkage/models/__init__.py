"""The nouns of linked data: sources and their runs, and the sealed facts they gave."""

from apps.linkage.models.mappings import FileKind, FileLayout, FileMapping
from apps.linkage.models.records import LinkedRecord
from apps.linkage.models.self_info import Meaning, SelfInfoCode, SelfInfoSession, SelfInfoState
from apps.linkage.models.sources import (
    DataSource,
    Fault,
    Freshness,
    LossOf,
    Rhythm,
    RunState,
    SlowFile,
    SourceFile,
    SourceKind,
    SyncIssue,
    SyncRun,
    secret_prefix_of,
)

__all__ = [
    "DataSource",
    "Fault",
    "FileKind",
    "FileLayout",
    "FileMapping",
    "Freshness",
    "LinkedRecord",
    "LossOf",
    "Meaning",
    "Rhythm",
    "RunState",
    "SelfInfoCode",
    "SelfInfoSession",
    "SelfInfoState",
    "SlowFile",
    "SourceFile",
    "SourceKind",
    "SyncIssue",
    "SyncRun",
    "secret_prefix_of",
]
