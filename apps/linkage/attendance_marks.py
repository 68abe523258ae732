"""The marks of a register's daily attendance, as they are stored. Pure.

The spellings in files are in connectors.school_files.file_formats, the words in linkage.words.
"""

from enum import StrEnum


class AttendanceMark(StrEnum):
    """One student's mark of one day, by the categories of 指導要録."""

    PRESENT = "PRESENT"
    ABSENT_SICK = "ABSENT_SICK"
    ABSENT_OTHER = "ABSENT_OTHER"
    SUSPENDED = "SUSPENDED"
    BEREAVEMENT = "BEREAVEMENT"
    LATE = "LATE"
    EARLY = "EARLY"
    LATE_EARLY = "LATE_EARLY"
    UNKNOWN = "UNKNOWN"


ABSENCE_MARKS = (AttendanceMark.ABSENT_SICK, AttendanceMark.ABSENT_OTHER, AttendanceMark.UNKNOWN)
EXCUSED_MARKS = frozenset({AttendanceMark.SUSPENDED, AttendanceMark.BEREAVEMENT})
