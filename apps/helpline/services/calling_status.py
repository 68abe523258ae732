"""Whether escalation works right now; what students are told depends on it."""

from apps.core import heartbeat

ESCALATION_TASK = "helpline.escalate"
MAIL_TASK = "helpline.deliver_mail"
PUSH_TASK = "push.deliver_due"


def is_calling_halted() -> bool:
    """Whether nobody is called automatically now: escalation is late, or both mail and push fail."""
    late = heartbeat.late_tasks((ESCALATION_TASK, MAIL_TASK, PUSH_TASK))
    return ESCALATION_TASK in late or {MAIL_TASK, PUSH_TASK} <= late
