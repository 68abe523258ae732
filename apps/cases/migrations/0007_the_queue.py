"""What places a case in the queue stands with it, so that the queue is read in an index's order."""

from django.db import migrations, models

import apps.core.clock

FILL = """
UPDATE cases_supportcase SET
  news_at = coalesce((SELECT max(expires_at) - interval '30 days' FROM cases_sign s
    WHERE s.case_id = cases_supportcase.id), opened_at),
  judged_at = (SELECT max(written_at) FROM cases_casedecision d WHERE d.case_id = cases_supportcase.id)
"""
FILL_URGENT = """
UPDATE cases_supportcase SET is_urgent = true
WHERE state <> 'closed' AND EXISTS (
  SELECT FROM cases_sign s JOIN cases_rule r ON r.id = s.rule_id
  WHERE s.case_id = cases_supportcase.id AND s.state = 'open' AND r.code IN ('R6', 'R7')
  AND (judged_at IS NULL OR s.expires_at - interval '30 days' > judged_at))
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0006_case_timeline")]

    operations = [
        migrations.AddField(
            model_name="supportcase",
            name="is_urgent",
            field=models.BooleanField(db_default=False, default=False, verbose_name="いそぐ"),
        ),
        migrations.AddField(
            model_name="supportcase",
            name="judged_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="さいごの判断"),
        ),
        migrations.AddField(
            model_name="supportcase",
            name="news_at",
            field=models.DateTimeField(default=apps.core.clock.now, verbose_name="新しい気づき"),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(FILL_URGENT, migrations.RunSQL.noop),
        migrations.AddField(
            model_name="supportcase",
            name="rank",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Case(
                    models.When(state="closed", then=models.Value(9)),
                    models.When(is_urgent=True, state="new", then=models.Value(0)),
                    models.When(state="new", then=models.Value(1)),
                    models.When(
                        models.Q(
                            models.Q(
                                ("judged_at", None), ("news_at__gt", models.F("judged_at")),
                                _connector="OR",
                            ),
                            ("is_urgent", True),
                        ),
                        then=models.Value(2),
                    ),
                    models.When(
                        models.Q(
                            ("judged_at", None), ("news_at__gt", models.F("judged_at")),
                            _connector="OR",
                        ),
                        then=models.Value(3),
                    ),
                    default=models.Value(4),
                ),
                output_field=models.SmallIntegerField(),
            ),
        ),
        migrations.AddIndex(
            model_name="supportcase",
            index=models.Index(
                fields=["rank", "review_on", "opened_at", "id"], name="case_queue"
            ),
        ),
    ]
