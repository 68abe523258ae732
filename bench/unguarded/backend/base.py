"""The portal's backend, which sends nothing before a statement."""

from apps.core.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """As the portal's, without a scope."""

    def send_scope(self) -> bool:
        """Nothing is sent."""
        return False
