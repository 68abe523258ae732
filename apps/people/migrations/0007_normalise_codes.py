"""Codes of students in the one form of ``people.codes``; where two become one, both are emptied.

A code without an owner is given again by the next roster, which is refused if it cannot tell the
two apart. Nobody's row is written to another meanwhile.
"""

from collections import defaultdict

from django.db import migrations

from apps.people.codes import normalise_code

LONGEST = 40


def normalise(apps, schema_editor):
    students = apps.get_model("people", "Student").objects
    changed, owners = {}, defaultdict(list)
    rows = students.exclude(local_code="").values_list("pk", "school_id", "local_code", "left_at")
    for pk, school, code, left_at in rows.iterator():
        once = normalise_code(code)
        once = once if len(once) <= LONGEST else ""
        if left_at is None and once:
            owners[school, once].append((pk, code))
        if once != code:
            changed[pk] = once
    for found in owners.values():
        if len(found) > 1:
            changed |= {pk: "" for pk, _ in found}
    students.filter(pk__in=changed).update(local_code="")
    for pk, code in changed.items():
        if code:
            students.filter(pk=pk).update(local_code=code)


class Migration(migrations.Migration):
    dependencies = [("people", "0006_emergency_access")]
    operations = [migrations.RunPython(normalise, migrations.RunPython.noop)]
