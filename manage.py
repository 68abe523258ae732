#!/usr/bin/env python
"""Django's command line. Starts the embedded servers where DATABASE_URL or REDIS_URL is missing."""

import os
import sys


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kaga_portal.settings")
    from kaga_portal import embedded
    from kaga_portal.backup import environment

    try:
        if sys.argv[1:2] and sys.argv[1] in environment.WITHOUT_SERVERS:
            environment.prepare()
        else:
            embedded.ensure()
    except embedded.ServerError as error:
        sys.exit(f"manage.py: {error}")
    from django.core.management import execute_from_command_line
    from django.db import ProgrammingError

    try:
        execute_from_command_line(sys.argv)
    except ProgrammingError:  # a table or a column is missing
        from kaga_portal import migration_state

        if not migration_state.has_unapplied_migrations():
            raise
        sys.exit(f"manage.py: {migration_state.MISSING_TABLES}")


if __name__ == "__main__":
    main()
