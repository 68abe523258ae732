"""What stops a backup or a restore."""


class BackupProblem(Exception):
    """Why it was not done (English), and what to do."""
