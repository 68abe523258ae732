"""One host's worker: does what a line of its input names, and prints when it began and ended.

``fanout``, ``link`` and ``night`` do what is due, as the task does it; ``alone N`` seals N small
records without a database.
"""

import gc
import json
import os
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kaga_portal.settings")
django.setup()

from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: E402

from apps.cases.services import signs  # noqa: E402
from apps.core.municipality_scope import everywhere  # noqa: E402
from apps.linkage.models import DataSource  # noqa: E402
from apps.linkage.services import sync_runs  # noqa: E402
from apps.push.models import Broadcast  # noqa: E402
from apps.push.services import broadcasts  # noqa: E402

PAUSE_S = 0.005  # while the other worker has the last piece
signs.CHECK_TIME_S = float("inf")


def fanout():
    """Until the broadcast is over."""
    with everywhere("push.deliver_due"):
        while Broadcast.objects.filter(finished_at=None).exists():
            if not broadcasts.deliver_due():
                time.sleep(PAUSE_S)


def link():
    """Until every source has been read."""
    with everywhere("linkage.sync_all"):
        while DataSource.objects.filter(next_at=None).exists():
            sync_runs.sync_all()
            time.sleep(PAUSE_S)


def night():
    """The rules, applied to whoever is due."""
    with everywhere("cases.sweep"):
        signs.update_signs()


def alone(n):
    """As much work for one core as sealing so many records is."""
    cipher, nonce = AESGCM(bytes(32)), bytes(12)
    for number in range(int(n)):
        text = json.dumps({"date": "2026-11-30", "mark": "PRESENT", "number": number})
        json.loads(cipher.decrypt(nonce, cipher.encrypt(nonce, text.encode(), None), None))


WORK = {"fanout": fanout, "link": link, "night": night, "alone": alone}


def main():
    gc.collect()
    gc.freeze()  # as kaga_portal.celery does in a worker
    for line in sys.stdin:
        name, *arguments = line.split()
        began = time.time()
        WORK[name](*arguments)
        print(json.dumps({"began": began, "ended": time.time()}), flush=True)


if __name__ == "__main__":
    main()
