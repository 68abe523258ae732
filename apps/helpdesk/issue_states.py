"""From which state an issue of the portal may go to which. Pure: no Django, no clock."""

RECORDED, ACCEPTED, DONE, DECLINED = "recorded", "accepted", "done", "declined"

TRANSITIONS = {
    RECORDED: {ACCEPTED, DONE, DECLINED},
    ACCEPTED: {RECORDED, DONE, DECLINED},
    DONE: {ACCEPTED},
    DECLINED: {ACCEPTED},
}
