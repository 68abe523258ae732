"""From here on every decision has its place in a chain, and published words stay as they are."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('consent', '0004_chain_what_exists'),
        ('people', '0003_birth_month'),
    ]

    operations = [
        migrations.AlterField(
            model_name='consentdecision',
            name='link',
            field=models.BinaryField(),
        ),
        migrations.AlterField(
            model_name='consentdecision',
            name='link_key',
            field=models.CharField(editable=False, max_length=20),
        ),
        migrations.AlterField(
            model_name='consentdecision',
            name='school',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.school'),
        ),
        migrations.AlterField(
            model_name='consentdecision',
            name='seq',
            field=models.PositiveIntegerField(verbose_name='番号'),
        ),
        migrations.AddConstraint(
            model_name='consentdecision',
            constraint=models.UniqueConstraint(fields=('school', 'seq'), name='decision_chain_once'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='consentdocument',
            trigger=pgtrigger.compiler.Trigger(name='published_stays', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."published_at" IS NOT NULL)', func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='bb5d2d7232d25cd26e578159c1c4a2377fa4adcb', operation='UPDATE OR DELETE', pgid='pgtrigger_published_stays_776e2', table='consent_consentdocument', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='ledgercheckpoint',
            trigger=pgtrigger.compiler.Trigger(name='no_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;", hash='37962d70ecee0e81c1dca36217590ad5c201be53', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_no_truncate_234d4', table='consent_ledgercheckpoint', when='BEFORE')),
        ),
    ]
