"""Helpers for guardians who come by a letter."""

from apps.signin import services
from apps.signin.models import GuardianArrival


def arrival_of(guardian):
    """The newest arrival as this guardian."""
    return GuardianArrival.objects.filter(guardian=guardian).order_by("-arrived_at").first()


def say_yes(guardian, by):
    """``by`` confirms, as shown on their list, that this guardian came."""
    arrival = arrival_of(guardian)
    return services.confirm_arrival(arrival, by=by, seen=services.seen_of(arrival, by))


def say_no(guardian, by):
    """``by`` says that it was somebody else."""
    arrival = arrival_of(guardian)
    return services.refuse_arrival(arrival, by=by, seen=services.seen_of(arrival, by))
