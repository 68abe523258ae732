"""From where the facts of a sign came: which source, who brought it, when, in which file."""

from typing import Any

from apps.linkage.models import DataSource, LinkedRecord, SourceFile

MOST_SOURCES = 10  # kept with a sign, the newest first


def sources_of(rows_of_signs: list[list[Any]]) -> list[list[dict[str, str]]]:
    """For each sign's rows: [{source, by, at, file}], the newest first.

    ``source`` is a source's name, or the purpose of rows of our own; ``by`` the id of who asked for
    the reading or wrote the row ("" for nobody), ``at`` the newest arrival, ``file`` the file's
    SHA-256 ("" where there is no file). Two statements, however many signs.
    """
    linked = [row for rows in rows_of_signs for row in rows if isinstance(row, LinkedRecord)]
    titles = DataSource.objects.filter(pk__in={row.source_id for row in linked})
    files = SourceFile.objects.filter(pk__in={row.file_id for row in linked if row.file_id})
    known = dict(titles.values_list("pk", "title")) if linked else {}
    brought = {
        pk: (sha256, str(by or ""))
        for pk, sha256, by in (files.values_list("pk", "sha256", "run__asked_by") if linked else ())
    }
    return [_sources(rows, known, brought) for rows in rows_of_signs]


def _sources(rows: list[Any], titles: dict, brought: dict) -> list[dict[str, str]]:
    newest: dict[tuple, str] = {}
    for row in rows:
        if isinstance(row, LinkedRecord):
            sha256, by = brought.get(row.file_id, ("", ""))
            place = titles.get(row.source_id, ""), by, sha256
        else:
            place = row.purpose, str(getattr(row, "recorded_by_id", "")), ""
        newest[place] = max(newest.get(place, ""), row.received_at.isoformat())
    ordered = sorted(newest.items(), key=lambda item: item[1], reverse=True)
    return [
        {"source": source, "by": by, "at": at, "file": sha256}
        for (source, by, sha256), at in ordered[:MOST_SOURCES]
    ]
