"""Uploads as a person and a worker do them together: sent, read, and the page of the result."""

from apps.file_jobs.services import jobs
from apps.linkage.services import file_handlers as of_linkage
from apps.notices.services import file_handlers as of_notices
from apps.registration.services import guardian_list_jobs
from apps.roster.services import roster_jobs

APPS = (roster_jobs, guardian_list_jobs, of_linkage, of_notices)


def read_all() -> None:
    """Let the workers of all apps read what waits."""
    for app in APPS:
        while jobs.run_next(app.HANDLERS, app.READ_TASK):
            pass


def send(client, url, data):
    """Post a form, let the workers do what it asked for, and follow to the page of the result.

    A form that is refused at once gives its own answer.
    """
    answer = client.post(url, data)
    if answer.status_code != 302:
        return answer
    read_all()
    return client.get(answer.url, follow=True)


def is_to_confirm(page) -> bool:
    """Whether the page of a table shows what it would change, to be confirmed."""
    return bool(page.context and page.context.get("result", {}).get("table"))
