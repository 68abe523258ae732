"""Verify the ledger: exit 0 when it is whole, 1 with the first broken rows if not."""

import time
from pathlib import Path

from django.core.management.base import CommandError

from apps.consent.services.ledger_verification import verify_ledger
from apps.core.commands import PortalCommand
from apps.ledger.services.checkpoint_files import (
    MOST_BYTES,
    BadCheckpointFile,
    differences,
    parse_file,
)

PROGRESS_S = 5


class Command(PortalCommand):
    help = (
        "Prove every chain of decisions, every chained audit event, the checkpoints and their copies "
        "in the second place."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--against", metavar="FILE",
            help="a checkpoint that was given away: nothing before it may have changed",
        )  # fmt: skip

    def handle(self, *, against=None, **options):
        given = self._read(against) if against else None
        began = self.told = time.perf_counter()
        verdict = verify_ledger(progress=self._tell)
        seconds = time.perf_counter() - began
        self.stdout.write(
            f"{verdict.n_entries} entries in {verdict.n_chains} chains, "
            f"{verdict.n_rows} chained audit events, {verdict.n_checkpoints} checkpoints, "
            f"{seconds:.1f} s"
        )
        findings = [*verdict.findings, *(differences(given) if given else [])]
        for finding in findings:
            self.stdout.write(f"BROKEN {finding.where}: {finding.what}")
        if findings:
            raise CommandError("The ledger is not what was written. Keep the servers as they are.")
        self.stdout.write("The ledger is whole.")
        if given:
            self.stdout.write(f"It extends the file's {given}: nothing before was changed.")

    def _read(self, path):
        try:
            with Path(path).open("rb") as file:
                return parse_file(file.read(MOST_BYTES + 1))
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        except BadCheckpointFile as error:
            raise CommandError(f"{path}: {error}") from error

    def _tell(self, n_rows):
        """Say every few seconds how far it is."""
        now = time.perf_counter()
        if now - self.told >= PROGRESS_S:
            self.told = now
            self.stdout.write(f"{n_rows} audit events so far")
            self.stdout.flush()
