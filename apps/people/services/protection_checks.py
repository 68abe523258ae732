"""Whether the city has checked a school for protected children before letters are printed."""

from uuid import UUID

from apps.people.models import ProtectionCheck, School

NOT_CHECKED = (
    "手紙はまだ印刷できません。{school}の子どもについて、市の担当者が「支援措置を確かめた日」を"
    "記録すると印刷できます(該当する子どもがいないときも、記録が要ります)。市の担当者に頼んでください。"
)


def has_protection_check(school_id: UUID) -> bool:
    """Whether there is a check for this school."""
    return ProtectionCheck.objects.filter(school=school_id).exists()


def why_no_letters(school: School) -> str:
    """Why no letter of this school may be printed, and who can change that; "" where they may."""
    return "" if has_protection_check(school.pk) else NOT_CHECKED.format(school=school.name)
