"""Periodic tasks."""

from apps.core.periodic_work import periodic_task
from apps.helpline.services import (
    call_mails,
    duty_reduction,
    duty_rosters,
    escalation,
    family_requests,
)
from apps.helpline.services.calling_status import ESCALATION_TASK, MAIL_TASK

escalate = periodic_task(ESCALATION_TASK, escalation.escalate_due)
deliver_mail = periodic_task(MAIL_TASK, call_mails.send_call_mails)
replan = periodic_task("helpline.replan", duty_rosters.replan_all_steps)  # calendars change
follow_acts = periodic_task("helpline.follow_acts", duty_reduction.carry_out_duty_acts)
forget = periodic_task("helpline.forget", family_requests.forget_family_requests)
