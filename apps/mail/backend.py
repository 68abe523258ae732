"""Django mail backend of the portal: ``send()`` puts the mail into the queue."""

from django.core.mail.backends.base import BaseEmailBackend

from apps.mail.services.queue import queue_mail


class QueueBackend(BaseEmailBackend):
    """Queues the messages; a worker sends them through settings.MAIL_TRANSPORT."""

    def send_messages(self, email_messages):
        """Queue the messages; returns how many."""
        queued = [queue_mail(each) for each in email_messages if each.recipients()]
        return len(queued)
