"""One worker that applies the rules to all that is new; prints when it began and ended."""

import gc
import json
import os
import time

from bench.in_process import set_up_django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kaga_portal.settings")
set_up_django()

from apps.cases.services import signs  # noqa: E402

signs.CHECK_TIME_S = float("inf")
gc.collect()
gc.freeze()  # as kaga_portal.celery does in a worker
began = time.time()
n_signs = signs.update_signs()
print(json.dumps({"began": began, "ended": time.time(), "signs": n_signs}), flush=True)
