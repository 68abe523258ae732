from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("push", "0006_time_by_database")]

    operations = [
        migrations.AddField(
            model_name="pushsubscription",
            name="n_trouble",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.RemoveField(model_name="pushorigin", name="n_in_row"),
        migrations.RemoveField(model_name="pushorigin", name="n_seen"),
        migrations.AddField(
            model_name="pushorigin",
            name="n_sent",
            field=models.FloatField(default=0, verbose_name="最近 送った数"),
        ),
        migrations.AddField(
            model_name="pushorigin",
            name="n_throttled",
            field=models.FloatField(default=0, verbose_name="最近 待つよう 言われた端末"),
        ),
        migrations.AddField(
            model_name="pushorigin",
            name="n_lost_probes",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="pushorigin",
            name="n_failed",
            field=models.FloatField(default=0, verbose_name="最近 失敗した端末"),
        ),
        migrations.AlterField(
            model_name="pushorigin",
            name="n_refused",
            field=models.FloatField(default=0, verbose_name="最近 署名を 断られた端末"),
        ),
    ]
