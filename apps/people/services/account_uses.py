"""Registry of what else an account is used for: apps register a lookup each."""

_registered = []


def register_account_use(function):
    """Register ``function(user) -> [sentence]``: uses of an account that end when it is locked."""
    _registered.append(function)
    return function


def uses_of_account(user) -> list:
    """Sentences about what else ends when this account is locked; without student names."""
    return [sentence for function in _registered for sentence in function(user)]
