"""Secrets of sources are named by their municipality: SOURCE_SECRET_X becomes SOURCE_SECRET_<code>_X.

The operator renames the environment variables alike; until then such a source stops and says which
name it looks for.
"""

from django.db import migrations

PREFIX = "SOURCE_SECRET_"


def name_them(apps, schema_editor):
    sources = apps.get_model("linkage", "DataSource").objects.select_related("municipality")
    for source in sources.exclude(secret_name="").iterator():
        prefix = f"{PREFIX}{source.municipality.code}_"
        if not source.secret_name.startswith(prefix):
            source.secret_name = (prefix + source.secret_name.removeprefix(PREFIX))[:60]
            source.save(update_fields=["secret_name"])


class Migration(migrations.Migration):
    dependencies = [("linkage", "0013_how_much_is_lost")]

    operations = [migrations.RunPython(name_them, migrations.RunPython.noop)]
