"""The bytes of an uploaded file: kept in sealed pieces until a worker has read them."""

from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from tempfile import TemporaryFile
from typing import BinaryIO

from django.core.files import File

from apps.file_jobs.models import FileJob, FileJobPart

PIECE = 768 * 1024  # bytes held at once; base64 makes a mebibyte of them


def keep(job: FileJob, file: BinaryIO) -> None:
    """Keep the file with its job."""
    file.seek(0)
    for number, piece in enumerate(iter(partial(file.read, PIECE), b"")):
        FileJobPart.objects.create(job=job, number=number, body=b64encode(piece).decode())


@contextmanager
def opened(job: FileJob) -> Iterator[File]:
    """The file again, in a temporary one that ends with this block; empty where none was kept."""
    bodies = job.parts.order_by("number").values_list("body", flat=True)
    with TemporaryFile() as file:
        for body in bodies.iterator(chunk_size=1):
            file.write(b64decode(body, validate=True))
        file.seek(0)
        yield File(file, name=job.file_name)


def drop(jobs: list) -> None:
    """Delete the bytes of these jobs."""
    FileJobPart.objects.filter(job__in=jobs).delete()
