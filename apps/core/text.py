"""Text as it is compared and kept. Pure."""


def plain_lines(text: str) -> str:
    """The text with ``\\n`` between lines, no blanks at their ends and none around the whole.

    Browsers send textareas with ``\\r\\n``: what differs in this alone is the same text.
    """
    return "\n".join(line.rstrip() for line in text.splitlines()).strip()
