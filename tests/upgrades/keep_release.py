"""By hand (``make keep-release RELEASE=1.0``): keep invented data of the release that is made now.

To be run on the commit of the release; what it writes is committed after it.
"""

import sys
import tempfile
from pathlib import Path

import tests.servers  # noqa: F401 - the servers are up before Django reads its settings
from kaga_portal import published_migrations, secrets_file
from tests.upgrades import release_databases
from tests.upgrades.release_databases import KEPT, PLACES, SECRETS, new_database, run_step

REDIS_OF_NOBODY = "redis://127.0.0.1:1/0"  # what would wake a worker finds none


def main(release: str) -> None:
    """Make the data with the code that is here, and write them to ``last_release``."""
    published = published_migrations.read_list(published_migrations.LIST.read_text("ascii"))
    if published != published_migrations.digests():
        sys.exit("First: make publish-migrations")
    KEPT.mkdir(exist_ok=True)
    secrets = secrets_file.invent_secrets()
    (KEPT / SECRETS).write_text("".join(f"{name}={value}\n" for name, value in secrets.items()))
    with (
        tempfile.TemporaryDirectory() as folder,
        new_database("kaga_kept_release", Path(folder)) as database,
    ):
        for place in PLACES.values():
            (Path(folder) / place).mkdir(mode=0o700)
        facts = run_step("release_data", database.environment(REDIS_OF_NOBODY))
        database.keep(release, facts)
    sizes = [f"{path.name} {path.stat().st_size >> 10} KiB" for path in sorted(KEPT.iterdir())]
    print(f"{release_databases.KEPT.name}: {', '.join(sizes)}")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1])
