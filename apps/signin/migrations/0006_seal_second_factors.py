"""The secrets of second factors that stand readable in their rows are sealed."""

from django.db import migrations

from apps.vault import sealed_text

PLACE = "mfa"


def seal(apps, schema_editor):
    for row in apps.get_model("mfa", "Authenticator").objects.all().iterator():
        data = {**row.data}
        for name in ("secret", "seed"):
            if isinstance(data.get(name), str) and not data[name].startswith(sealed_text.MARK):
                data[name] = sealed_text.seal(data[name], PLACE)
        if isinstance(data.get("migrated_codes"), list):
            data["migrated_codes"] = [
                code if code.startswith(sealed_text.MARK) else sealed_text.seal(code, PLACE)
                for code in data["migrated_codes"]
            ]
        if data != row.data:
            row.data = data
            row.save(update_fields=["data"])


class Migration(migrations.Migration):
    dependencies = [
        ("signin", "0005_times_by_the_database"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [migrations.RunPython(seal, migrations.RunPython.noop)]
