"""Reads and reduces the files of a school, "C4th 取込形式 v1" (declared by us); never writes."""

from apps.linkage.connectors.school_files.file_formats import FILE_FORMATS, FileColumn, FileFormat
from apps.linkage.connectors.school_files.file_mapping import ColumnMapping
from apps.linkage.connectors.school_files.folder import SchoolFiles
from apps.linkage.connectors.school_files.upload_preview import (
    IssueCount,
    UploadReport,
    preview_file,
)

__all__ = [
    "FILE_FORMATS",
    "FileColumn",
    "IssueCount",
    "FileFormat",
    "ColumnMapping",
    "SchoolFiles",
    "UploadReport",
    "preview_file",
]
