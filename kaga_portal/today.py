"""The staff's first page: what waits, in the order in which to look."""


def today_page(user):
    """The context of きょう for one member of staff."""
    return {"tiles": [], "queue": []}
