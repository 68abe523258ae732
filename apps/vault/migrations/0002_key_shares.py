"""Keys that exist are whole in their rows; new ones are kept as two shares."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("vault", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="subjectkey",
            name="has_share",
            field=models.BooleanField(default=False, verbose_name="鍵の片われが外にある"),
        ),
        migrations.AlterField(
            model_name="subjectkey",
            name="has_share",
            field=models.BooleanField(
                db_default=True, default=True, verbose_name="鍵の片われが外にある"
            ),
        ),
    ]
