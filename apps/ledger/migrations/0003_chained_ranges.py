"""Ranges of the audit record, with their roots, in a chain."""

import django.contrib.postgres.fields
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0002_what_waits'),
    ]

    operations = [
        migrations.CreateModel(
            name='ChainLimit',
            fields=[
                ('chain_id', models.UUIDField(primary_key=True, serialize=False, verbose_name='鎖')),
                ('last_id', models.BigIntegerField(verbose_name='数えた番号')),
                ('writers', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), size=None, verbose_name='待っている相手')),
            ],
            options={
                'verbose_name': '鎖につなぐのを待つ記録',
                'verbose_name_plural': '鎖につなぐのを待つ記録',
            },
        ),
        migrations.CreateModel(
            name='ChainedRange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('chain_id', models.UUIDField(verbose_name='鎖')),
                ('seq', models.PositiveIntegerField(verbose_name='番号')),
                ('form', models.PositiveSmallIntegerField(verbose_name='書き方の版')),
                ('first_id', models.BigIntegerField(verbose_name='最初の番号')),
                ('last_id', models.BigIntegerField(verbose_name='最後の番号')),
                ('n_rows', models.PositiveIntegerField(verbose_name='件数')),
                ('root', models.BinaryField()),
                ('made_at', models.DateTimeField(verbose_name='いつ')),
                ('link_key', models.CharField(max_length=20, verbose_name='鍵の名')),
                ('link', models.BinaryField()),
            ],
            options={
                'verbose_name': '記録の鎖',
                'verbose_name_plural': '記録の鎖',
                'constraints': [models.UniqueConstraint(fields=('chain_id', 'seq'), name='one_range_of_a_number')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='chainedrange',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='e8d6b9c9ebab1d38b41d5af38a890977f3e60501', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_ded61', table='ledger_chainedrange', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='chainedrange',
            trigger=pgtrigger.compiler.Trigger(name='no_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;", hash='4be6d7dbc5e7c28656b8c86dc1187c91373dc847', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_no_truncate_52358', table='ledger_chainedrange', when='BEFORE')),
        ),
    ]
