"""A place for files in a bucket of an S3-compatible service, by django-storages."""

from contextlib import contextmanager

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

from apps.core.stored_folders import BucketFolder, FolderFile

CONNECT_TIMEOUT_S, READ_TIMEOUT_S, TRIES = 3, 20, 3
IN_MEMORY_BYTES = 8 << 20  # of a file that is read; what is more waits in a temporary file


class BucketStorage(S3Storage):
    """django-storages', which overwrites nothing, and folders to be watched.

    Whatever the service answers or does not becomes an OSError, as of a disk.
    """

    def __init__(self, **options):
        style = options.get("addressing_style") or "auto"
        config = Config(
            connect_timeout=CONNECT_TIMEOUT_S, read_timeout=READ_TIMEOUT_S,
            retries={"total_max_attempts": TRIES, "mode": "standard"}, signature_version="s3v4",
            s3={"addressing_style": style},
        )  # fmt: skip
        super().__init__(
            client_config=config, file_overwrite=False, default_acl=None,
            max_memory_size=IN_MEMORY_BYTES, **options,
        )  # fmt: skip

    def folder(self, path):
        """The BucketFolder under a path."""
        return BucketFolder(self, path)

    def files_under(self, path):
        """The FolderFiles directly under a path, in no order. Raises OSError."""
        prefix = f"{self._normalize_name(path)}/"
        with _as_os_error():
            for found in self.bucket.objects.filter(Prefix=prefix, Delimiter="/"):
                if name := found.key.removeprefix(prefix):
                    stamp = _stamp(found.size, found.last_modified, found.e_tag)
                    yield FolderFile(name, stamp)

    def stamp_of(self, name):
        """The stamp of an object. Raises OSError."""
        with _as_os_error():
            found = self.bucket.Object(self._normalize_name(name))
            return _stamp(found.content_length, found.last_modified, found.e_tag)

    def _open(self, name, mode="rb"):
        with _as_os_error():
            file = super()._open(name, mode)
            if "r" in mode:
                _ = file.file  # fetched now: later a failure would not be an OSError
            return file

    def _save(self, name, content):
        with _as_os_error():
            return super()._save(name, content)

    def exists(self, name):
        """Whether there is such an object. Raises OSError."""
        with _as_os_error():
            return super().exists(name)

    def delete(self, name):
        """Delete an object, if there is one. Raises OSError."""
        with _as_os_error():
            super().delete(name)

    def listdir(self, path):
        """([names of folders], [names of files]) under a path. Raises OSError."""
        with _as_os_error():
            return super().listdir(path)

    def size(self, name):
        """The bytes of an object. Raises OSError."""
        with _as_os_error():
            return super().size(name)

    def get_modified_time(self, name):
        """When an object was put there (aware). Raises OSError."""
        with _as_os_error():
            return super().get_modified_time(name)


@contextmanager
def _as_os_error():
    try:
        yield
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 404:
            raise FileNotFoundError("There is no such object or bucket.") from error
        raise OSError(f"The bucket answers {error.response['Error'].get('Code')}.") from error
    except BotoCoreError as error:
        raise OSError(f"The bucket does not answer: {type(error).__name__}.") from error


def _stamp(size, last_modified, e_tag):
    # Lists and single answers give the time with and without fractions of a second.
    return size, int(last_modified.timestamp()) * 10**9, e_tag.strip('"'), 0
