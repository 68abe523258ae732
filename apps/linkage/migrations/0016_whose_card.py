from django.db import migrations, models
from django.db.models import PROTECT

# The record says which reading was answered when, and who began it. What was kept of it then is
# theirs; where two people's readings moved in that minute, nobody's.
WHOSE_CARD = """
UPDATE linkage_linkedrecord r SET guardian_id = f.guardian_id FROM (
  SELECT r.id, min(g.id::text)::uuid AS guardian_id
  FROM linkage_linkedrecord r
  JOIN audit_auditevent done ON done.subject_id = r.student_id AND done.action = 'self_info.moved'
    AND done.actor_id IS NULL AND r.purpose = ANY (done.fields)
    AND done.at BETWEEN r.received_at - interval '1 minute' AND r.received_at + interval '1 minute'
  JOIN audit_auditevent begun ON begun.subject_id = r.student_id
    AND begun.action = 'self_info.moved' AND begun.thing_id = done.thing_id
    AND begun.actor_id IS NOT NULL
  JOIN people_guardian g ON g.user_id = begun.actor_id
  JOIN people_guardianship t ON t.guardian_id = g.id AND t.student_id = r.student_id
  WHERE r.purpose IN ('household', 'income', 'allowances') AND r.guardian_id IS NULL
  GROUP BY r.id HAVING count(DISTINCT begun.actor_id) = 1) f
WHERE f.id = r.id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0003_names_shown"),
        ("linkage", "0015_killed_runs_and_slow_files"),
        ("people", "0018_edits_of_public_organisations"),
    ]

    operations = [
        migrations.AddField(
            model_name="linkedrecord",
            name="guardian",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, editable=False, null=True, on_delete=PROTECT,
                related_name="+", to="people.guardian", verbose_name="カードを読み取った保護者",
            ),
        ),
        migrations.RunSQL(WHOSE_CARD, migrations.RunSQL.noop),
    ]
