"""A step: what the owner's host does with the new code, and what it then finds in the database."""

import json
import os

import django

django.setup()

import pgtrigger  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from apps.consent.services.ledger_verification import verify_ledger  # noqa: E402
from apps.core.municipality_scope import everywhere  # noqa: E402
from apps.core.row_policies import apply_policies  # noqa: E402
from apps.linkage.models import LinkedRecord  # noqa: E402
from apps.people.models import Student  # noqa: E402
from apps.vault.services.sealed_content import open_own  # noqa: E402
from kaga_portal.migration_state import has_unapplied_migrations  # noqa: E402

call_command("migrate", verbosity=0)
call_command("check", "--database", "default", verbosity=0)
with everywhere("after_restore"):
    student = Student.objects.get(pk=os.environ["STUDENT"])
    found = {
        "unapplied": has_unapplied_migrations(),
        "ledger": [str(finding) for finding in verify_ledger().findings],
        "opened": list(open_own(list(LinkedRecord.objects.filter(student=student)), student=student)),
        "triggers": [
            trigger.get_pgid(model)
            for model, trigger in pgtrigger.registered()
            if trigger.get_installation_status(model)[0] != pgtrigger.core.INSTALLED
        ],
    }  # fmt: skip
    connection.settings_dict["USER"] = "kaga_owner"
    connection.close()
    found["policies"] = apply_policies(connection)
print(json.dumps(found, default=str))  # noqa: T201
