"""Verify the ledger of decisions: exit 0 when it is whole, 1 with the first broken rows if not."""

import time

from django.core.management.base import BaseCommand, CommandError

from apps.consent.services.ledger_verification import verify_ledger


class Command(BaseCommand):
    help = "Prove every chain of decisions, the checkpoints and their copies in the second place."

    def handle(self, **options):
        began = time.perf_counter()
        verdict = verify_ledger()
        seconds = time.perf_counter() - began
        self.stdout.write(
            f"{verdict.n_entries} entries in {verdict.n_chains} chains, "
            f"{verdict.n_checkpoints} checkpoints, {seconds:.1f} s"
        )
        for finding in verdict.findings:
            self.stdout.write(f"BROKEN {finding.where}: {finding.what}")
        if verdict.findings:
            raise CommandError("The ledger is not what was written. Keep the servers as they are.")
        self.stdout.write("The ledger is whole.")
