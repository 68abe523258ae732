"""The staff's door to sources, runs and files. What was linked is never listed here, only counted."""

from apps.linkage.admin.data_sources import DataSourceAdmin
from apps.linkage.admin.sync_runs import SyncRunAdmin

__all__ = ["DataSourceAdmin", "SyncRunAdmin"]
