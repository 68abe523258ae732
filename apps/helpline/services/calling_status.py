"""Whether somebody is called by itself just now: the promise to a student is made from this."""

from apps.core import heartbeat

ESCALATION_TASK = "helpline.escalate"
MAIL_TASK = "helpline.deliver_mail"
PUSH_TASK = "push.deliver_due"


def is_calling_halted() -> bool:
    """Whether nobody is called by itself just now: the chain stands, or both ways of telling do."""
    late = heartbeat.late_tasks((ESCALATION_TASK, MAIL_TASK, PUSH_TASK))
    return ESCALATION_TASK in late or {MAIL_TASK, PUSH_TASK} <= late
