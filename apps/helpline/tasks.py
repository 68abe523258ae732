"""Periodic tasks."""

from celery import shared_task

from apps.core.heartbeat import note_run
from apps.helpline.services import call_mails, duty_reduction, duty_rosters, escalation
from apps.helpline.services.calling_status import ESCALATION_TASK, MAIL_TASK


@shared_task(name=ESCALATION_TASK)
def escalate(every_s=None):
    """Run the due escalation steps."""
    escalation.escalate_due()
    note_run(ESCALATION_TASK, every_s)


@shared_task(name=MAIL_TASK)
def deliver_mail(every_s=None):
    """Send the mails of calls."""
    call_mails.send_call_mails()
    note_run(MAIL_TASK, every_s)


@shared_task(name="helpline.replan")
def replan():
    """Recompute pending steps after a calendar changed."""
    duty_rosters.replan_all_steps()


@shared_task(name="helpline.follow_acts")
def follow_acts():
    duty_reduction.carry_out_duty_acts()
