"""What a URL of a place for files means as an entry of Django's STORAGES. Pure: no Django.

``file:/folder`` is on this host's disk. ``s3://bucket/prefix?endpoint=https://…&region=…`` is a
bucket of an S3-compatible service; its credentials come from the environment (AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY), never from the URL.
"""

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

FORMS = "file:/folder or s3://bucket/prefix?endpoint=https://host"
S3_OPTIONS = {  # {name in the URL: option of the storage}
    "endpoint": "endpoint_url", "region": "region_name", "addressing": "addressing_style",
}  # fmt: skip


class BadStorageUrl(ValueError):
    """A URL names no place for files; the message says which forms there are."""


def storage_at(url: str, **disk_options: Any) -> dict[str, Any]:
    """The entry of STORAGES for a URL. Raises BadStorageUrl.

    ``disk_options`` are further options of a folder (permissions).
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/"):
        location = unquote(parts.path)
        return {
            "BACKEND": "apps.core.disk_storage.DiskStorage",
            "OPTIONS": {"location": location, **disk_options},
        }
    if is_bucket(url) and parts.hostname and "@" not in parts.netloc:
        return {"BACKEND": "apps.core.bucket_storage.BucketStorage", "OPTIONS": _bucket(parts)}
    raise BadStorageUrl(f"No place for files is named so; give {FORMS}.")


def is_bucket(url: str) -> bool:
    """Whether a URL names a bucket."""
    return urlsplit(url).scheme == "s3"


def endpoint_of(url: str) -> str:
    """The endpoint of a bucket's URL, "" for that of AWS."""
    return parse_qs(urlsplit(url).query).get("endpoint", [""])[-1]


def _bucket(parts):
    given = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if unknown := given.keys() - S3_OPTIONS.keys():
        raise BadStorageUrl(f"An s3:// URL takes no {', '.join(sorted(unknown))}.")
    options = {S3_OPTIONS[name]: value for name, value in given.items()}
    return {"bucket_name": parts.netloc, "location": unquote(parts.path).strip("/"), **options}
