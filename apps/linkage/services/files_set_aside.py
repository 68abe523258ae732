"""Lists the files of a source that are set aside because reading them takes too long."""

from apps.linkage.models import DataSource, SlowFile

MAX_TRIES = 3


def files_set_aside(source: DataSource) -> frozenset[tuple[str, str]]:
    """(name, SHA-256) of the files of a source that are not read any more."""
    slow = SlowFile.objects.filter(source=source, n_failures__gte=MAX_TRIES)
    return frozenset(slow.values_list("name", "sha256"))
