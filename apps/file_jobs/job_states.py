"""From which state a job over an uploaded file may go to which. Pure: no Django, no clock."""

WAITING, RUNNING = "waiting", "running"
DONE, FAILED, GONE = "done", "failed", "gone"

TRANSITIONS = {
    WAITING: {RUNNING, FAILED},  # failed: nobody read it within a day
    RUNNING: {DONE, FAILED, WAITING},  # waiting: one more attempt
    DONE: {GONE},
    FAILED: {GONE},
    GONE: set(),
}
