"""Verify the ledger: exit 0 when it is whole, 1 with the first broken rows if not."""

import time

from django.core.management.base import BaseCommand, CommandError

from apps.consent.services.ledger_verification import verify_ledger

PROGRESS_S = 5


class Command(BaseCommand):
    help = (
        "Prove every chain of decisions, every chained audit event, the checkpoints and their copies "
        "in the second place."
    )

    def handle(self, **options):
        began = self.told = time.perf_counter()
        verdict = verify_ledger(progress=self._tell)
        seconds = time.perf_counter() - began
        self.stdout.write(
            f"{verdict.n_entries} entries in {verdict.n_chains} chains, "
            f"{verdict.n_rows} chained audit events, {verdict.n_checkpoints} checkpoints, "
            f"{seconds:.1f} s"
        )
        for finding in verdict.findings:
            self.stdout.write(f"BROKEN {finding.where}: {finding.what}")
        if verdict.findings:
            raise CommandError("The ledger is not what was written. Keep the servers as they are.")
        self.stdout.write("The ledger is whole.")

    def _tell(self, n_rows):
        """Say every few seconds how far it is."""
        now = time.perf_counter()
        if now - self.told >= PROGRESS_S:
            self.told = now
            self.stdout.write(f"{n_rows} audit events so far")
            self.stdout.flush()
