"""Bring rosters and waiting wishes into the new shape.

The hours of a roster become its weekdays. A roster without a recorded approval may not be on, and
none has one yet: each is switched off until the approval is recorded. What students have sent and
nobody has looked at gets its first step, so that the chain takes care of it.
"""

import uuid

from django.db import migrations


def carry_over(apps, schema_editor):
    DutyRoster = apps.get_model("helpline", "DutyRoster")
    DutyHours = apps.get_model("helpline", "DutyHours")
    for roster in DutyRoster.objects.all():
        if roster.opens_at and roster.closes_at and roster.opens_at < roster.closes_at:
            DutyHours.objects.bulk_create(
                DutyHours(roster=roster, weekday=day, opens_at=roster.opens_at,
                          closes_at=roster.closes_at)
                for day in range(5)
            )
        roster.is_on = False
        if roster.second_id == roster.first_id:
            roster.second = None
        if roster.last_id in (roster.first_id, roster.second_id):
            roster.last = None
        roster.save()


def first_steps(apps, schema_editor):
    HelpRequest = apps.get_model("helpline", "HelpRequest")
    ChainStep = apps.get_model("helpline", "ChainStep")
    ChainStep.objects.bulk_create(
        ChainStep(
            id=uuid.uuid4(), municipality_id=request.municipality_id, request=request, number=1,
            kind="first", due_at=request.sent_at,
        )
        for request in HelpRequest.objects.filter(state="sent")
    )


class Migration(migrations.Migration):

    dependencies = [("helpline", "0002_duty_chain_and_notes")]

    operations = [
        migrations.RunPython(carry_over, migrations.RunPython.noop),
        migrations.RunPython(first_steps, migrations.RunPython.noop),
    ]
