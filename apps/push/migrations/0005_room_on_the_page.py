"""Every delivery is written twice and a device once a day: room on their pages spares the indexes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("push", "0004_one_table_less")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE push_pushdelivery SET (fillfactor = 45)",
            "ALTER TABLE push_pushdelivery RESET (fillfactor)",
        ),
        migrations.RunSQL(
            "ALTER TABLE push_pushsubscription SET (fillfactor = 75)",
            "ALTER TABLE push_pushsubscription RESET (fillfactor)",
        ),
    ]
