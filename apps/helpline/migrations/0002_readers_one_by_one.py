"""Who may read a help request is listed person by person; before, roles and entrusted people read."""

import apps.core.clock
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


# Readers of the requests there are: whom the student chose, who was called, opened or wrote, and the
# contacts of the school's roster for those that are still open. Rows: one a request and person.
READERS_SO_FAR = """
WITH known (request_id, person_id, role, opened_at) AS (
    SELECT r.id, r.chosen_id, NULL, NULL::timestamptz FROM helpline_helprequest r
    UNION ALL
    SELECT r.id, r.seen_by_id, NULLIF(r.seen_role, ''), r.seen_at FROM helpline_helprequest r
    UNION ALL
    SELECT s.request_id, c.person_id, c.role, c.looked_at
    FROM helpline_call c JOIN helpline_escalationstep s ON s.id = c.step_id
    WHERE s.request_id IS NOT NULL
    UNION ALL
    SELECT p.request_id, p.replied_by_id, p.replied_role, p.replied_at FROM helpline_helpreply p
    UNION ALL
    SELECT n.request_id, n.noted_by_id, n.noted_role, n.noted_at FROM helpline_helpnote n
    UNION ALL
    SELECT r.id, contact.id, NULL, NULL FROM helpline_helprequest r
    JOIN people_student s ON s.id = r.student_id
    JOIN helpline_dutyroster d ON d.school_id = s.school_id
    CROSS JOIN LATERAL (VALUES (d.first_id), (d.second_id), (d.last_id)) AS contact (id)
    WHERE r.state IN ('sent', 'seen', 'answered')
)
INSERT INTO helpline_helpreader
    (id, municipality_id, request_id, person_id, basis, role, added_at, opened_at, ended_at)
SELECT gen_random_uuid(), r.municipality_id, r.id, k.person_id,
    CASE WHEN r.chosen_id IS NULL OR r.chosen_id = k.person_id OR r.seen_by_id = k.person_id
        THEN 'chosen' ELSE 'last' END,
    COALESCE(max(k.role), (
        SELECT p.role FROM people_staffpost p WHERE p.user_id = k.person_id
        ORDER BY p.school_id = s.school_id DESC NULLS LAST LIMIT 1
    ), 'teacher'),
    LEAST(r.sent_at, min(k.opened_at)), min(k.opened_at), NULL
FROM known k
JOIN helpline_helprequest r ON r.id = k.request_id
JOIN people_student s ON s.id = r.student_id
WHERE k.person_id IS NOT NULL
GROUP BY r.id, k.person_id, s.school_id
"""


class Migration(migrations.Migration):

    dependencies = [
        ('helpline', '0001_initial'),
        ('people', '0002_no_entrusted_access'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='HelpReader',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('basis', models.CharField(choices=[('chosen', '生徒がえらんだ人'), ('last', 'さいごの人')], max_length=8, verbose_name='なぜ読めるか')),
                ('role', models.CharField(max_length=40, verbose_name='立場')),
                ('added_at', models.DateTimeField(default=apps.core.clock.now, editable=False, verbose_name='いつから')),
                ('opened_at', models.DateTimeField(blank=True, null=True, verbose_name='はじめて開いた時')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='おわり')),
                ('municipality', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='people.municipality')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('request', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='readers', to='helpline.helprequest')),
            ],
            options={
                'verbose_name': '相談を読める人',
                'verbose_name_plural': '相談を読める人',
                'ordering': ['added_at'],
                'constraints': [models.CheckConstraint(condition=models.Q(('basis__in', ['chosen', 'last'])), name='helpline_helpreader_basis_valid'), models.UniqueConstraint(fields=('request', 'person'), name='help_reader_once'), models.CheckConstraint(condition=models.Q(('opened_at', None), ('opened_at__gte', models.F('added_at')), _connector='OR'), name='help_reader_opened_after_added')],
            },
        ),
        migrations.RunSQL(READERS_SO_FAR, migrations.RunSQL.noop),
    ]
