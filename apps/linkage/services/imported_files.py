"""The files of a source that were imported before and are read again for a few students only."""

from collections.abc import Set as AbstractSet
from uuid import UUID

from apps.linkage.connectors.contract import FileIdentity
from apps.linkage.models import DataSource, SourceFile


class ImportedFiles:
    """The rows of imported files, looked up once. ``new_students`` None: every file is read whole."""

    def __init__(self, source: DataSource, new_students: AbstractSet[UUID] | None) -> None:
        self._source, self.new_students = source, new_students
        self._rows: dict[tuple[str, str], SourceFile] | None = None

    def row_of(self, file: FileIdentity) -> SourceFile | None:
        """The row of a file that is read for the new students alone, or None.

        A file of which nothing was imported has no row: it is read whole.
        """
        if not file.is_read_again or self.new_students is None:
            return None
        if self._rows is None:
            rows = SourceFile.objects.filter(source=self._source).order_by("taken_at")
            self._rows = {(row.name, row.sha256): row for row in rows}
        return self._rows.get((file.name[:200], file.sha256))
