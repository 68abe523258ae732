"""A file that a person brings: its ending and its size are looked at before anything of it is read."""

from pathlib import PurePath

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import FileExtensionValidator

WRONG_ENDING = "{}のファイルだけを受け取れます。"
TOO_LARGE = "ファイルが大きすぎます({}MBまで)。"
LONGEST_NAME = 150
NAME_TOO_LONG = f"ファイルの名前を{LONGEST_NAME}字までにしてください。"


class UploadField(forms.FileField):
    """Takes files of these ``endings`` ("csv") of at most ``most_bytes``, and no others."""

    def __init__(self, *, endings: tuple[str, ...], most_bytes: int, **kwargs):
        self.most_bytes = most_bytes
        super().__init__(**kwargs)
        self.validators.extend(rules(endings, most_bytes))
        self.widget.attrs["accept"] = ",".join(f".{ending}" for ending in endings)


def rules(endings: tuple[str, ...], most_bytes: int) -> list:
    """The validators of such a file, for the field of a library."""

    def is_small_enough(file: UploadedFile) -> None:
        if file.size > most_bytes:
            raise forms.ValidationError(TOO_LARGE.format(max(most_bytes // 1_000_000, 1)))

    def has_a_short_name(file: UploadedFile) -> None:
        if len(PurePath(file.name).name) > LONGEST_NAME:
            raise forms.ValidationError(NAME_TOO_LONG)

    words = WRONG_ENDING.format("・".join(ending.upper() for ending in endings))
    ending = FileExtensionValidator(endings, message=words)
    return [ending, is_small_enough, has_a_short_name]
