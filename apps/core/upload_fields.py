"""Uploaded files: checked by ending, size and first bytes before anything else reads them."""

from pathlib import PurePath

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import FileExtensionValidator

WRONG_ENDING = "{}のファイルだけを受け取れます。"
TOO_LARGE = "ファイルが大きすぎます({}MBまで)。"
MAX_NAME = 150
NAME_TOO_LONG = f"ファイルの名前を{MAX_NAME}字までにしてください。"
NO_ZIP = "zip のファイルではありません。"
NO_TABLE = "表のファイルではありません。{}で保存してください。"
PACKED = "Excel か zip の ファイルです。CSV で 保存して ください。"

ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
OLE = (bytes.fromhex("d0cf11e0a1b11ae1"),)  # an old or a locked workbook
# First bytes of files that are no tables: PDF, pictures, archives, programs.
OTHERS = (
    b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh",
    b"\xfd7zXZ", b"\x7fELF", b"MZ\x90", b"SQLite format 3",
)  # fmt: skip


class UploadField(forms.FileField):
    """Accepts files of these ``endings`` ("csv") of at most ``most_bytes``, and no others."""

    def __init__(self, *, endings: tuple[str, ...], most_bytes: int, **kwargs):
        self.most_bytes = most_bytes
        super().__init__(**kwargs)
        self.validators.extend(file_validators(endings, most_bytes))
        self.widget.attrs["accept"] = ",".join(f".{ending}" for ending in endings)


def file_validators(endings: tuple[str, ...], most_bytes: int) -> list:
    """The validators of such a file, for a library's field."""

    def is_small_enough(file: UploadedFile) -> None:
        if file.size > most_bytes:
            raise forms.ValidationError(TOO_LARGE.format(max(most_bytes // 1_000_000, 1)))

    def has_a_short_name(file: UploadedFile) -> None:
        if len(PurePath(file.name).name) > MAX_NAME:
            raise forms.ValidationError(NAME_TOO_LONG)

    def begins_as_it_should(file: UploadedFile) -> None:
        if why := why_not_begin(first_bytes(file), endings):
            raise forms.ValidationError(why)

    words = WRONG_ENDING.format("・".join(ending.upper() for ending in endings))
    has_an_ending = FileExtensionValidator(endings, message=words)

    def is_taken(file: UploadedFile) -> None:
        for rule in (has_an_ending, is_small_enough, has_a_short_name, begins_as_it_should):
            rule(file)  # the first refusal ends it: a refused file is not read

    return [is_taken]


def first_bytes(file: UploadedFile) -> bytes:
    """The first 16 bytes; leaves the file at its beginning."""
    file.seek(0)
    found = file.read(16)
    file.seek(0)
    return found


def why_not_begin(start: bytes, endings: tuple[str, ...]) -> str:
    """A sentence where a file of these endings cannot begin so, else "". Pure.

    A name is not asked which of the endings it is: a workbook may be called .csv.
    """
    if endings == ("zip",):
        return "" if start.startswith(ZIP) else NO_ZIP
    if start.startswith(OTHERS):
        return NO_TABLE.format("か".join(e.upper() for e in endings if e != "txt"))
    if "xlsx" not in endings and start.startswith(ZIP + OLE):
        return PACKED
    return ""
