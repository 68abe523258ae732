"""Saves file mappings; files that were read under the old mapping are read again."""

from django.db import transaction

from apps.linkage.models import DataSource, FileKind, FileLayout, FileMapping, SourceKind
from apps.linkage.services.sync_runs import request_run
from apps.people.services.recorded_changes import record_change


def get_file_mapping(municipality_id, kind, *, is_locked=False):
    """The FileMapping of a municipality and kind (a FileKind), saved or new.

    ``is_locked``: lock it until the caller's transaction ends.
    """
    found = FileMapping.objects.filter(municipality=municipality_id, kind=kind)
    found = found.select_for_update() if is_locked else found
    return found.first() or FileMapping(municipality_id=municipality_id, kind=kind)


def describe_file_mappings(municipality_id):
    """[(FileKind, difference from the declared format in words)] of all kinds."""
    rows = {row.kind: row for row in FileMapping.objects.filter(municipality=municipality_id)}
    return [(kind, _column_headers(rows.get(kind.value))) for kind in FileKind]


def _column_headers(row):
    if row is None or not (
        row.headers or row.codes or row.by_seat or row.layout != FileLayout.BY_ROWS
    ):
        return "宣言した形のまま"
    laid_out = [row.get_layout_display()] if row.layout != FileLayout.BY_ROWS else []
    laid_out += ["学年・組・番号で読む"] if row.by_seat else []
    headers = [f"{ours} → {theirs}" for ours, theirs in row.headers.items()]
    codes = [f"{name}の書き方 {len(found)}" for name, found in row.codes.items()]
    return "、".join([*laid_out, *headers, *codes])


@transaction.atomic
def save_file_mapping(mapping, *, by, fields):
    """Save a FileMapping, record which ``fields`` changed, and have the files read again."""
    mapping.save()
    record_change(mapping, by, fields, verb="linkage.edit")
    files = DataSource.objects.filter(
        municipality=mapping.municipality_id, kind=SourceKind.SCHOOL_FILES, is_on=True
    )
    for source in files:
        request_run(source, by=by, reads_again=True)
    return mapping
