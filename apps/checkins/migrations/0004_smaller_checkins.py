"""Check-ins in fewer bytes: the one purpose as a number, eight bytes of digest, one index less.

The whole table is written anew, once.
"""

from django.db import migrations, models

import apps.core.compact_fields

PURPOSES = {"checkin_review": 1}
SMALLER = """
ALTER TABLE checkins_checkin
  ALTER purpose TYPE smallint USING CASE purpose WHEN 'checkin_review' THEN 1 ELSE -1 END,
  ALTER body_digest TYPE bytea USING substring(body_digest FROM 1 FOR 8)
"""
COMMENT = "COMMENT ON COLUMN checkins_checkin.purpose IS '1 checkin_review'"
AS_BEFORE = """
ALTER TABLE checkins_checkin ALTER purpose TYPE varchar(40) USING 'checkin_review'
"""
COMMENT_BEFORE = "COMMENT ON COLUMN checkins_checkin.purpose IS NULL"


class Migration(migrations.Migration):
    dependencies = [
        ("checkins", "0003_compact_checkins"),
        ("people", "0002_no_entrusted_access"),
    ]

    operations = [
        migrations.AlterField(
            model_name="checkin",
            name="key_id",
            field=models.UUIDField(editable=False),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL([SMALLER, COMMENT], [AS_BEFORE, COMMENT_BEFORE]),
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="checkin",
                    name="purpose",
                    field=apps.core.compact_fields.CodeField(
                        db_comment="1 checkin_review", numbers=PURPOSES, verbose_name="利用目的"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="checkin",
            constraint=models.CheckConstraint(
                condition=models.Q(("purpose__in", list(PURPOSES))), name="checkin_purpose_known"
            ),
        ),
    ]
