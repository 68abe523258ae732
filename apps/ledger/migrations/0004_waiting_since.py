"""Since when a table has waited for those who write it."""

import apps.core.clock
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0003_chained_ranges'),
    ]

    operations = [
        migrations.AddField(
            model_name='chainlimit',
            name='noted_at',
            field=models.DateTimeField(default=apps.core.clock.now, verbose_name='いつから'),
        ),
    ]
