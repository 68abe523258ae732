"""The folders that a source may read: only those below its municipality's folder.

The root is SOURCE_FOLDER/<code of the municipality>. A source stores the path below it, so that it
cannot name another municipality's.
"""

import re
from pathlib import Path

from django.conf import settings

from apps.linkage.connectors.contract import FormatError

_CODE = re.compile(r"[0-9A-Za-z]{1,6}").fullmatch
FOLDER_OUTSIDE = "連携元の フォルダが、この 自治体の 置き場の 外を 指して います。"
FOLDER_MISSING = "連携元の フォルダが ありません。"


def is_outside_folder(place: str) -> bool:
    """Whether a folder's path leaves the municipality's folder, or has a hidden part."""
    parts = place.split("/")
    return not place.isprintable() or "\\" in place or any(_is_unfit(part) for part in parts)


def municipality_folder(municipality) -> Path:
    """The folder that holds all source folders of a municipality. Raises FormatError."""
    if not _CODE(municipality.code):
        raise FormatError(FOLDER_OUTSIDE)
    return Path(settings.SOURCE_FOLDER) / municipality.code


def source_folder(source) -> Path:
    """The folder a source reads; it exists and is really below its municipality's.

    No part of the path may be a link. Raises FormatError.
    """
    root = municipality_folder(source.municipality)
    if is_outside_folder(source.place):
        raise FormatError(FOLDER_OUTSIDE)
    folder = root / source.place
    if not folder.is_dir():
        raise FormatError(FOLDER_MISSING)
    if folder.resolve() != Path(settings.SOURCE_FOLDER).resolve() / root.name / source.place:
        raise FormatError(FOLDER_OUTSIDE)
    return folder


def _is_unfit(part):
    return part.strip() in ("", "..") or part.startswith(".")
