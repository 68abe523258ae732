from django.db import migrations, models

import apps.core.clock


class Migration(migrations.Migration):
    dependencies = [("push", "0007_judge_devices_apart")]

    operations = [
        migrations.AddField(
            model_name="pushsubscription",
            name="bound_at",
            field=models.DateTimeField(default=apps.core.clock.now, verbose_name="この人に 結んだ時"),
        ),
    ]
