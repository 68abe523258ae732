"""The ledger proved by the clock; what is found is told to the privacy officers."""

import logging
import uuid

from apps.consent.services.verifying import verify_ledger
from apps.vault.damage import Finding
from apps.vault.models import DamageKind
from apps.vault.services import note_damage

LEDGER = uuid.UUID(int=0)  # in the place of a key: the report is about no key
MOST = 50  # the first breaks say where to look
log = logging.getLogger(__name__)


def watch_ledger() -> int:
    """Prove the ledger and report each place once, as damage; how many were found."""
    verdict = verify_ledger(newest_only=True)
    for finding in verdict.findings[:MOST]:
        log.error("ledger: %s: %s", finding.where, finding.what)
    note_damage(
        [
            Finding(
                DamageKind.LEDGER_CHANGED.value, LEDGER, table="consent_ledger",
                row_id=uuid.uuid5(LEDGER, where),
            )
            for where in list(dict.fromkeys(f.where for f in verdict.findings))[:MOST]
        ]
    )  # fmt: skip
    return len(verdict.findings)
