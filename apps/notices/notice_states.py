"""From which state a notice may go to which. Pure: no Django, no clock."""

DRAFT, WAITING, PUBLISHED = "draft", "waiting", "published"
CORRECTED, WITHDRAWN = "corrected", "withdrawn"

TRANSITIONS = {
    DRAFT: {WAITING, WITHDRAWN},
    WAITING: {DRAFT, PUBLISHED, WITHDRAWN},
    PUBLISHED: {CORRECTED, WITHDRAWN},
    CORRECTED: set(),
    WITHDRAWN: {PUBLISHED},  # hidden by one person, and the hiding was stopped
}
