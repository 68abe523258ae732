"""The folders that a source may read: only those below its municipality's folder.

They are in the place SOURCES, under the code of the municipality. A source stores the path below it, so that it
cannot name another municipality's.
"""

import re

from django.core.exceptions import SuspiciousOperation

from apps.core.storage_aliases import SOURCES, folder_in
from apps.core.stored_folders import StoredFolder
from apps.linkage.connectors.contract import FormatError

_CODE = re.compile(r"[0-9A-Za-z]{1,6}").fullmatch
FOLDER_OUTSIDE = "連携元の フォルダが、この 自治体の 置き場の 外を 指して います。"
FOLDER_MISSING = "連携元の フォルダが ありません。"


def is_outside_folder(place: str) -> bool:
    """Whether a folder's path leaves the municipality's folder, or has a hidden part."""
    parts = place.split("/")
    return not place.isprintable() or "\\" in place or any(_is_unfit(part) for part in parts)


def source_folder(source) -> StoredFolder:
    """The folder a source reads; on a disk it exists and is really below its municipality's.

    No part of the path may be a link. Raises FormatError.
    """
    if not _CODE(source.municipality.code) or is_outside_folder(source.place):
        raise FormatError(FOLDER_OUTSIDE)
    try:
        folder = folder_in(SOURCES, f"{source.municipality.code}/{source.place}")
    except SuspiciousOperation as error:
        raise FormatError(FOLDER_OUTSIDE) from error
    if not folder.exists():
        raise FormatError(FOLDER_MISSING)
    return folder


def _is_unfit(part):
    return part.strip() in ("", "..") or part.startswith(".")
