"""Reading a OneRoster Japan-Profile zip. Pure: no Django, no database.

``read(content)`` gives a Reading: the roster (None where it is refused), what was forgiven
(notes) and what was not (problems), each with file, line, column and a reason in Japanese. ``pack(tables)`` makes such a zip of rows that came
another way, so that there is one reader and one set of rules.
"""

from apps.signin.roster.building import read
from apps.signin.roster.nouns import Finding, Reading, Roster
from apps.signin.roster.packing import pack

__all__ = ["Finding", "Reading", "Roster", "pack", "read"]
