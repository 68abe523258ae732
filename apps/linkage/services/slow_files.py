"""Files that take too long to read: counted, set aside one by one, and retried on request."""

from django.db.models import F

from apps.linkage.models import DataSource, RunFault, RunState, SlowFile
from apps.linkage.services.files_set_aside import MAX_TRIES
from apps.linkage.services.source_reader import RunResult


def record_timeout(source: DataSource, ending: RunResult) -> None:
    """Count the file at which a run ran out of time; reset the counts after a complete run."""
    slow_files = SlowFile.objects.filter(source=source)
    if ending.fault == RunFault.TIME and ending.file is not None:
        name, sha256 = ending.file.name[:200], ending.file.sha256
        slow_files.get_or_create(source=source, name=name, sha256=sha256)
        slow_files.filter(name=name, sha256=sha256).update(n_failures=F("n_failures") + 1)
    elif ending.state in (RunState.DONE, RunState.PARTLY):
        slow_files.filter(n_failures__lt=MAX_TRIES).delete()


def count_set_aside(source: DataSource) -> int:
    """How many files of a source are set aside, whether they still exist or not."""
    return SlowFile.objects.filter(source=source, n_failures__gte=MAX_TRIES).count()


def retry_slow_files(source: DataSource) -> None:
    """Have the files that were set aside read again, with as many tries as new ones."""
    SlowFile.objects.filter(source=source).delete()
