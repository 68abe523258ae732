"""From which state a question about the portal may go to which. Pure: no Django, no clock."""

NEW, TAKEN, ANSWERED = "new", "taken", "answered"
ENDED, HANDED_OVER = "ended", "handed_over"

TRANSITIONS = {
    NEW: {TAKEN, ANSWERED, ENDED, HANDED_OVER},
    TAKEN: {ANSWERED, ENDED, HANDED_OVER},
    ANSWERED: {TAKEN, ENDED, HANDED_OVER},
    ENDED: set(),
    HANDED_OVER: set(),
}
OPEN = (NEW, TAKEN, ANSWERED)
