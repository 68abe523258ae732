"""The interface of every connector: what it yields and how it fails. Pure: no Django, no database."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple, Protocol


class SourceError(Exception):
    """A source could not be read; the message is a sentence without any content of the source."""


class TransientError(SourceError):
    """It may work later (429, 5xx, time-outs): try again, not before ``retry_after`` seconds."""

    def __init__(self, message, retry_after=None):
        super().__init__(message)
        self.retry_after = retry_after


class AuthError(SourceError):
    """The source refuses our credentials: trying again changes nothing."""


class FormatError(SourceError):
    """The response does not follow the agreed format: a person must look."""


class SourcePosition(NamedTuple):
    """Where in a source a record is, for the report; never its content."""

    file: str = ""
    line: int | None = None


@dataclass(frozen=True)
class Issue:
    """One thing that could not be imported, and why, without its value.

    ``subject`` is the student's code of a refused row and ``key`` its Record's, where they could be
    read: earlier rows of theirs are kept. Neither is ever stored.
    """

    reason: str
    place: SourcePosition = SourcePosition()
    column: str = ""
    subject: str = field(default="", repr=False, compare=False)
    key: str = field(default="", repr=False, compare=False)


class Record(NamedTuple):
    """One reduced fact of a ``kind``. ``subject`` is the student's code in the source.

    ``key`` is unique in the source among the facts of that kind and student; no file states one
    twice. A tuple, since a file has a million of them.
    """

    kind: str
    subject: str
    key: str
    occurred_on: date
    data: dict
    place: SourcePosition = SourcePosition()

    def __repr__(self):
        """Where it is in the source, never its content."""
        return f"Record({self.kind!r}, {self.place})"


@dataclass(frozen=True)
class FileIdentity:
    """The file of a page: it replaces what earlier files of its kind stated for the days it covers.

    ``sha256`` (hex) is of its bytes: the same bytes are imported once. ``is_read_again``: it was read
    before as it is, and is read only because others agree now.
    """

    name: str
    sha256: str
    kind: str
    is_read_again: bool = False


@dataclass(frozen=True)
class Page:
    """Records to be imported in one transaction, after which the source is read as far as
    ``cursor``.

    ``cursor`` None leaves it where it was. ``erased`` are keys the source has voided. Pages of one
    ``file`` are imported together once the page with ``ends_file`` came, all of them or none.
    ``share`` is how much was read so far (0 to 1), where known.
    """

    records: Sequence[Record] = ()
    issues: Sequence[Issue] = ()
    erased: Sequence[str] = ()
    cursor: dict | None = None
    file: FileIdentity | None = None
    ends_file: bool = False
    share: float | None = None


class Connector(Protocol):
    """``agreed`` names the set of those who agree: when it changes, older facts are read again."""

    def check(self) -> str:
        """A sentence that the source answers; reads no personal data. Raises SourceError."""

    def pull(self, cursor: dict, agreed: str) -> Iterator[Page]:
        """The pages since ``cursor`` ({} at first). Raises SourceError."""
