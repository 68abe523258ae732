"""Periodic verification of the ledger; findings are reported to the privacy officers."""

import logging
import uuid

from apps.consent.services.ledger_verification import verify_ledger
from apps.vault.damage import DamageFinding
from apps.vault.models import DamageKind
from apps.vault.services.damage_reports import report_damage

LEDGER_ID = uuid.UUID(int=0)  # in place of a key: the report is about no key
MAX_REPORTS = 50  # the first breaks show where to look
log = logging.getLogger(__name__)


def report_ledger_damage() -> int:
    """Verify the ledger and report each damaged place once; how many were found."""
    verdict = verify_ledger(newest_only=True)
    for finding in verdict.findings[:MAX_REPORTS]:
        log.error("ledger: %s: %s", finding.where, finding.what)
    report_damage(
        [
            DamageFinding(
                DamageKind.LEDGER_CHANGED.value, LEDGER_ID, table="consent_ledger",
                row_id=uuid.uuid5(LEDGER_ID, where),
            )
            for where in list(dict.fromkeys(f.where for f in verdict.findings))[:MAX_REPORTS]
        ]
    )  # fmt: skip
    return len(verdict.findings)
