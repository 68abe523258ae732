import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('helpline', '0003_carry_over')]

    operations = [
        migrations.RemoveField(
            model_name='dutyroster',
            name='closes_at',
        ),
        migrations.RemoveField(
            model_name='dutyroster',
            name='opens_at',
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='dutyroster',
            trigger=pgtrigger.compiler.Trigger(name='on_needs_hours', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n    IF EXISTS (\n        SELECT 1 FROM helpline_dutyroster r WHERE r.id = NEW.id AND r.is_on\n        AND NOT EXISTS (SELECT 1 FROM helpline_dutyhours h WHERE h.roster_id = r.id)\n    ) THEN\n        RAISE EXCEPTION 'a duty roster that is on needs hours' USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NULL;\n", hash='f2ceb3bde579d44ded68a3cdf9b994503bcf6325', operation='INSERT OR UPDATE', pgid='pgtrigger_on_needs_hours_96e6e', table='helpline_dutyroster', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='dutyroster',
            constraint=models.CheckConstraint(condition=models.Q(('is_on', False), models.Q(('approval__isnull', False), ('first__isnull', False), ('last__isnull', False), ('second__isnull', False)), _connector='OR'), name='duty_on_needs_people_and_approval'),
        ),
        migrations.AddConstraint(
            model_name='dutyroster',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('first', None), ('second', None), models.Q(('first', models.F('second')), _negated=True), _connector='OR'), models.Q(('first', None), ('last', None), models.Q(('first', models.F('last')), _negated=True), _connector='OR'), models.Q(('second', None), ('last', None), models.Q(('second', models.F('last')), _negated=True), _connector='OR')), name='duty_people_differ', violation_error_message='はじめの人・つぎの人・さいごの人は、それぞれ別の人にしてください。'),
        ),
    ]
