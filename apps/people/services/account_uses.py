"""What an account is besides a staff post: every app that knows of a use says so here."""

_registered = []


def register_account_use(function):
    """Register ``function(user) -> [sentence]``: uses of an account that end when it is locked."""
    _registered.append(function)
    return function


def uses_of_account(user) -> list:
    """Sentences about what else ends when this account is locked; no name of a student."""
    return [sentence for function in _registered for sentence in function(user)]
