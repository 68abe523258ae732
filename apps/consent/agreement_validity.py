"""Which words are still heard once a key of their purpose has ended. Pure: no Django, no clock."""

GIVEN = "given"


def still_valid(said, ends):
    """The words (of those who may speak about one student) without a yes that its key's end undid.

    ``ends`` is {purpose: [KeyEnding]}. After an end that nobody here can explain (the database was
    restored from before it, or the key is lost) no earlier yes is heard. After one by somebody's
    answer the earlier ones are heard as long as anybody who may speak has spoken since: otherwise
    who ended it is gone (no guardian any more), and their silence makes nobody else's old yes new.
    """
    return [word for word in said if word.response != GIVEN or not _is_undone(word, said, ends)]


def _is_undone(yes, said, ends):
    for end in ends.get(yes.purpose, ()):
        if end.cancels_agreements and yes.decided_at <= end.ended_at:
            return True
        if not end.cancels_agreements and not any(
            word.purpose == yes.purpose and word.decided_at >= end.ended_at for word in said
        ):
            return True
    return False
