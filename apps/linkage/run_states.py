"""From which state a run over a source may go to which. Pure: no Django, no clock."""

WAITING, RUNNING = "waiting", "running"
DONE, PARTLY, RETRY = "done", "partly", "retry"
HELD, STOPPED, FAILED = "held", "stopped", "failed"

TRANSITIONS = {
    WAITING: {RUNNING},
    RUNNING: {DONE, PARTLY, RETRY, HELD, STOPPED, FAILED},
    HELD: {WAITING, STOPPED},  # an uploaded file: a person agreed, or it was dropped
    FAILED: {STOPPED},  # interrupted too often in a row
    DONE: set(),
    PARTLY: set(),
    RETRY: set(),
    STOPPED: set(),
}
