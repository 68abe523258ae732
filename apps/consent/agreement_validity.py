"""Which agreements still count after a key of their purpose has ended. Pure: no Django, no clock."""

GIVEN = "given"


def still_valid(decisions, ends):
    """The decisions about one student, without agreements that the end of their key has undone.

    ``ends`` is {purpose: [KeyEnding]}. After an end that nobody here can explain (the database was
    restored from before it, or the key is lost) no earlier yes counts. After an end by somebody's
    answer the earlier ones count as long as anybody who may answer has answered since: otherwise
    the person who ended it is a guardian no more, and their silence does not renew another's yes.
    """
    return [
        decision
        for decision in decisions
        if decision.response != GIVEN or not _is_undone(decision, decisions, ends)
    ]


def _is_undone(yes, decisions, ends):
    for end in ends.get(yes.purpose, ()):
        if end.cancels_agreements and yes.decided_at <= end.ended_at:
            return True
        if not end.cancels_agreements and not any(
            decision.purpose == yes.purpose and decision.decided_at >= end.ended_at
            for decision in decisions
        ):
            return True
    return False
