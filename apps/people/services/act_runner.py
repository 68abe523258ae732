"""Runs steps on pending acts one by one, each in its own transaction."""

import logging
from collections.abc import Callable

from django.db import transaction

from apps.core.municipality_scope import within

log = logging.getLogger(__name__)


def run_each(claim: Callable, *steps: Callable | None) -> int:
    """Run ``steps`` on every act that ``claim(but=ids)`` gives, until it gives None; how many succeeded.

    The claim and the steps of one act are one transaction. A failure is logged by the act's kind
    and id, and the act is tried again by the next run. Raises what ``claim`` raises.
    """
    n_done, failed = 0, set()
    while True:
        act = None
        try:
            with transaction.atomic():
                act = claim(but=failed)
                if act is None:
                    return n_done
                with within([act.municipality_id]):
                    for step in filter(None, steps):
                        step(act)
            n_done += 1
        except Exception as error:
            if act is None:
                raise
            failed.add(act.pk)
            log.error("act %s of %s failed: %s", act.pk, act.kind, type(error).__name__)
