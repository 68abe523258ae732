"""Admin pages of sources, runs and files. Linked data is never listed here, only counted."""

from apps.linkage.admin.data_sources import DataSourceAdmin
from apps.linkage.admin.sync_runs import SyncRunAdmin

__all__ = ["DataSourceAdmin", "SyncRunAdmin"]
