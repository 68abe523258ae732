"""The help pages: how to use the portal, for students, guardians and whoever is not signed in.

Those of staff stand on the staff side (``admin.help_for_staff``).
"""

from apps.core.languages import PageLanguage, speaking
from apps.helpdesk.help_for_guardians import PAGES_FOR_GUARDIANS
from apps.helpdesk.help_for_students import PAGES_FOR_STUDENTS
from apps.helpdesk.help_page_types import HelpPage
from apps.notices.text_search import matches_query

HELP_PAGES = (*PAGES_FOR_STUDENTS, *PAGES_FOR_GUARDIANS)
PAGES_BY_CODE = {page.code: page for page in HELP_PAGES}
MAX_QUERY = 60


def pages_for(side: str) -> list[HelpPage]:
    """The pages of "student", "guardian" or "staff"; for "open" all of them."""
    return [page for page in HELP_PAGES if side == "open" or side in page.sides]


def search_help(query: str, pages: list[HelpPage]) -> list[HelpPage]:
    """The pages with every word of ``query``, as written or as read, in any of our languages."""
    return [page for page in pages if matches_query(query, _texts(page))]


def _texts(page: HelpPage) -> list[str]:
    found = []
    for language in PageLanguage.values:
        with speaking(language):
            found += page.texts
    return found
