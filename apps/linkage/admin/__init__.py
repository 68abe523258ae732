"""The staff's door to sources, runs and files. What was linked is never listed here, only counted."""

from apps.linkage import self_info_admin  # noqa: F401 - registers its doors
from apps.linkage.admin.runs import SyncRunDoor
from apps.linkage.admin.sources import DataSourceDoor

__all__ = ["DataSourceDoor", "SyncRunDoor"]
