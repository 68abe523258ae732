"""The clock's door."""

from celery import shared_task

from apps.core.heartbeat import beat
from apps.helpline import services
from apps.helpline.services.halting import CHAIN, MAIL


@shared_task(name=CHAIN)
def escalate(every_s=None):
    """Tell the next ones of every request whose time has come."""
    services.escalate_due()
    beat(CHAIN, every_s)


@shared_task(name=MAIL)
def deliver_mail(every_s=None):
    """Send the mails of those calls."""
    services.deliver_mail()
    beat(MAIL, every_s)


@shared_task(name="helpline.replan")
def replan():
    """Follow a calendar that was changed."""
    services.replan_all()


@shared_task(name="helpline.follow_acts")
def follow_acts():
    services.follow_acts()
