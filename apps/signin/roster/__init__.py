"""Reading a OneRoster Japan-Profile zip. Pure: no Django, no database.

``read(content)`` gives a Reading: the roster (None where it is refused), what was forgiven
(notes) and what was not (problems), each with file, line, column and a reason in Japanese.
"""

from apps.signin.roster.building import read
from apps.signin.roster.nouns import Finding, Reading, Roster

__all__ = ["Finding", "Reading", "Roster", "read"]
