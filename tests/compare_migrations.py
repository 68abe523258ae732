"""By hand (``python -m tests.compare_migrations``): quick_migrations makes the same database.

Migrates two databases, one of them as Django does, and compares what pg_dump says of both.
"""

import os
import re
import sys
from contextlib import nullcontext

import tests.servers  # noqa: F401 - the servers are up before Django reads its settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kaga_portal.settings")
MADE_ANEW = re.compile(r"\\(?:un)?restrict \w+|\d{4}-\d\d-\d\d [\d:.]+\+00")


def schema_of(name, way):
    """What pg_dump says of a database of this name, migrated in this way."""
    from django.core.management import call_command  # noqa: PLC0415 - needs the settings
    from django.db import connection  # noqa: PLC0415

    from tests.vault.restore_helpers import back_up  # noqa: PLC0415

    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}"')
        connection.close()
        usual, connection.settings_dict["NAME"] = connection.settings_dict["NAME"], name
        with way:
            call_command("migrate", verbosity=0)
        found = MADE_ANEW.sub("", back_up())
        connection.close()
        connection.settings_dict["NAME"] = usual
        cursor.execute(f'DROP DATABASE "{name}"')
    return found


def main():
    import django  # noqa: PLC0415 - after the servers

    django.setup()
    from tests.quick_migrations import quick_migrations  # noqa: PLC0415

    quick = schema_of("compared_quick", quick_migrations())
    plain = schema_of("compared_plain", nullcontext())
    sys.exit(0 if quick == plain else "The two databases differ.")


if __name__ == "__main__":
    main()
