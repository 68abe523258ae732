"""Whether somebody is called by itself just now: the promise to a student is made from this."""

from apps.core import heartbeat

CHAIN = "helpline.escalate"
MAIL = "helpline.deliver_mail"
PUSH = "push.deliver_due"


def is_halted() -> bool:
    """Whether nobody is called by itself just now: the chain stands, or both ways of telling do."""
    late = heartbeat.late_among((CHAIN, MAIL, PUSH))
    return CHAIN in late or {MAIL, PUSH} <= late
