"""Converts a mail to text and back, for its encrypted column."""

import json
from collections.abc import Mapping

from django.core.mail import EmailMessage, EmailMultiAlternatives

from apps.core.email_addresses import named_sender

ADDRESS_LISTS = ("to", "cc", "bcc", "reply_to")


def serialise_message(message: EmailMessage) -> str:
    """The mail as JSON. Raises ValueError for one with attachments: the portal sends none."""
    if message.attachments:
        raise ValueError("A mail with attachments is not queued.")
    alternatives = [[each[0], each[1]] for each in getattr(message, "alternatives", None) or []]
    fields = {
        "subject": str(message.subject),
        "body": str(message.body),
        "subtype": message.content_subtype,
        "from_email": named_sender(message.from_email),
        "headers": {name: str(value) for name, value in message.extra_headers.items()},
        "alternatives": alternatives,
        "is_dropped": bool(getattr(message, "is_dropped", False)),
        **{name: list(getattr(message, name)) for name in ADDRESS_LISTS},
    }
    return json.dumps(fields, ensure_ascii=False)


def parse_message(text: str, headers: Mapping[str, str]) -> EmailMultiAlternatives:
    """The parsed mail; ``headers`` are added where it has none of that name.

    Raises ValueError for text that ``serialise_message`` did not write.
    """
    fields = json.loads(text)
    message = EmailMultiAlternatives(
        fields["subject"],
        fields["body"],
        fields["from_email"],
        headers={**headers, **fields["headers"]},
        **{name: fields[name] for name in ADDRESS_LISTS},
    )
    message.content_subtype = fields["subtype"]
    message.is_dropped = fields["is_dropped"]
    for content, kind in fields["alternatives"]:
        message.attach_alternative(content, kind)
    return message
