"""Stores an uploaded file in encrypted pieces until a worker has read it."""

from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from tempfile import TemporaryFile
from typing import BinaryIO

from django.core.files import File

from apps.core.batches import rows_by_key
from apps.file_jobs.models import FileJob, FileJobPart

PIECE = 768 * 1024  # bytes per piece; base64 makes a mebibyte of them


def keep(job: FileJob, file: BinaryIO) -> None:
    """Store the file with its job."""
    file.seek(0)
    for number, piece in enumerate(iter(partial(file.read, PIECE), b"")):
        FileJobPart.objects.create(job=job, number=number, body=b64encode(piece).decode())


@contextmanager
def opened(job: FileJob) -> Iterator[File]:
    """Yield the file as a temporary file, deleted after the block; empty where none was stored."""
    with TemporaryFile() as file:
        for part in rows_by_key(job.parts.all(), 1, "number"):
            file.write(b64decode(part.body, validate=True))
        file.seek(0)
        yield File(file, name=job.file_name)


def drop(jobs: list) -> None:
    """Delete the bytes of these jobs."""
    FileJobPart.objects.filter(job__in=jobs).delete()
