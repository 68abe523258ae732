"""Real servers for the tests, up before Django reads its settings (``-p tests.servers``)."""

import atexit
import os
import shutil
import tempfile

os.environ.setdefault("PORTAL_MODE", "test")
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # the browser's driver keeps a loop

WORKER = os.environ.get("PYTEST_XDIST_WORKER")

for name in ("KEY_SHARES_URL", "LEDGER_URL", "UPLOAD_URL"):  # of this run alone, gone after it
    if name not in os.environ:
        folder = tempfile.mkdtemp(prefix="kaga-test-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        os.environ[name] = f"file:{folder}"
    # Parallel workers have a database each: a folder they shared would be swept by each in turn
    # of every key the others know.
    if WORKER and not os.environ[name].endswith(f"/{WORKER}"):
        os.environ[name] += f"/{WORKER}"
        os.makedirs(os.environ[name].removeprefix("file:"), mode=0o700, exist_ok=True)

from kaga_portal import embedded, embedded_roles  # noqa: E402

embedded.ensure("test", may_lose_data=True)
# The databases of the tests are made, migrated and emptied by who may do everything there: see
# tests.database_roles. What the tests start as processes of their own gets DATABASE_URL.
if "OWNER_DATABASE_URL" not in os.environ:
    raise SystemExit(
        "The tests make roles and databases: set OWNER_DATABASE_URL, or no DATABASE_URL."
    )
os.environ["OWNER_DATABASE_URL"] = os.environ["OWNER_DATABASE_URL"].replace(
    f"//{embedded_roles.OWNER_ROLE}@", f"//{embedded_roles.SUPERUSER}@"
)
