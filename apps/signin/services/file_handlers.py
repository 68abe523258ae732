"""Which kinds of uploaded files this app's worker reads, and how."""

from apps.signin.services import guardian_list_jobs, roster_jobs

TASK = roster_jobs.TASK
HANDLERS = {**roster_jobs.HANDLERS, **guardian_list_jobs.HANDLERS}
