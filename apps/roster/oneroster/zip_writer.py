"""Writes tables from another source as a roster zip, so that one reader serves all."""

import csv
import io
import zipfile

from apps.roster.oneroster.columns import COLUMNS, COMMON_COLUMNS, REQUIRED_FILES

FIXED_TIMESTAMP = (1980, 1, 1, 0, 0, 0)  # so that equal tables give equal bytes


def write_zip(tables):
    """The zip (bytes) of {file: [{column: text}]}: bulk, rows in order of sourcedId.

    Unknown columns are left out; missing files and cells are empty.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        _put(archive, "manifest", _manifest())
        for name in REQUIRED_FILES:
            columns = COMMON_COLUMNS + COLUMNS[name]
            rows = sorted(tables.get(name, ()), key=lambda row: row.get("sourcedId", ""))
            cells = [[row.get(column, "") for column in columns] for row in rows]
            _put(archive, name, [columns, *cells])
    return out.getvalue()


def _manifest():
    return [
        ("propertyName", "value"),
        ("manifest.version", "1.0"),
        ("oneroster.version", "1.2.1"),
        *((f"file.{name}", "bulk") for name in REQUIRED_FILES),
    ]


def _put(archive, name, rows):
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    entry = zipfile.ZipInfo(f"{name}.csv", FIXED_TIMESTAMP)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, text.getvalue())
