"""Buffers request bodies while they arrive, within one budget of the process. No Django here."""

from tempfile import SpooledTemporaryFile

MAX_IN_MEMORY = 64 * 1024  # bytes; larger bodies are kept in a temporary file
MAX_TOGETHER = 1_000_000_000  # bytes of all bodies of a process: two of the largest, and some more


class BodyBudgetExceeded(Exception):
    """No more of this body can be buffered now: the budget or the disk is full."""


class BodyBudget:
    """How many bytes all bodies of a process may take together.

    Only used in the event loop, so no lock is needed.
    """

    def __init__(self, most: int = MAX_TOGETHER):
        self._most, self.n_taken = most, 0

    def take(self, n_bytes: int) -> None:
        """Reserve so many bytes. Raises BodyBudgetExceeded where they do not fit."""
        if self.n_taken + n_bytes > self._most:
            raise BodyBudgetExceeded
        self.n_taken += n_bytes

    def give_back(self, n_bytes: int) -> None:
        """Release so many bytes."""
        self.n_taken -= n_bytes


class BufferedBody(SpooledTemporaryFile):
    """A body as a file, which releases its bytes when it is closed."""

    def __init__(self, budget: BodyBudget):
        super().__init__(MAX_IN_MEMORY)
        self._budget, self._n_kept = budget, 0

    def keep(self, part: bytes) -> None:
        """Write the next part. Raises BodyBudgetExceeded."""
        self._budget.take(len(part))
        self._n_kept += len(part)
        try:
            self.write(part)
        except OSError as error:
            raise BodyBudgetExceeded from error

    def rewind(self) -> None:
        """Flush and go to the beginning. Raises BodyBudgetExceeded."""
        try:
            self.seek(0)
        except OSError as error:
            raise BodyBudgetExceeded from error

    def close(self) -> None:
        n_kept, self._n_kept = self._n_kept, 0
        self._budget.give_back(n_kept)
        super().close()

    def __exit__(self, *raised) -> None:
        self.close()  # the parent does not close its file by itself
