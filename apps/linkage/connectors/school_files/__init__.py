"""The files of a school, "C4th 取込形式 v1" (declared by us), read and reduced; never written."""

from apps.linkage.connectors.school_files.folder import SchoolFiles
from apps.linkage.connectors.school_files.kinds import KINDS, Column, Kind
from apps.linkage.connectors.school_files.mapping import Mapping
from apps.linkage.connectors.school_files.previewing import IssueCount, UploadReport, preview

__all__ = [
    "KINDS",
    "Column",
    "IssueCount",
    "Kind",
    "Mapping",
    "SchoolFiles",
    "UploadReport",
    "preview",
]
