"""The clock's door."""

from celery import shared_task

from apps.helpline import services


@shared_task(name="helpline.escalate")
def escalate():
    """Tell the next ones of every request whose time has come."""
    services.escalate_due()


@shared_task(name="helpline.deliver_mail")
def deliver_mail():
    """Send the mails of those calls."""
    services.deliver_mail()


@shared_task(name="helpline.replan")
def replan():
    """Follow a calendar that was changed."""
    services.replan_all()
