"""Which roles hold each verb, and which may open data of each purpose."""

from apps.people.models import (
    Role,
)

LEAD_AND_CARE_ROLES = {Role.NURSE, Role.COUNSELLOR, Role.PRINCIPAL}  # every day at the whole school
CARING_ROLES = {Role.HOMEROOM, Role.SOCIAL_WORKER, *LEAD_AND_CARE_ROLES}
# Decided by need: office and head of the year get lists and letters but no content; the family
# centre of the city gets counts, until a child is referred to it.
ROLES_BY_VERB = {
    "roster.view": {*CARING_ROLES, Role.OFFICE, Role.YEAR_HEAD, Role.CITY, Role.HELPDESK},
    "municipality.edit": {Role.CITY},
    "roster.import": {Role.CITY, Role.PRINCIPAL},
    "staff.appoint": {Role.CITY, Role.PRINCIPAL, Role.PRIVACY},
    "staff.matrix": {Role.PRIVACY},
    "sessions.end": {Role.CITY, Role.HELPDESK},
    "sessions.end_student": {Role.HOMEROOM, Role.CITY, Role.HELPDESK},
    "accounts.lock": {Role.CITY, Role.PRINCIPAL},
    "second_factor.reset": {Role.CITY, Role.HELPDESK},
    "cards.print": {Role.HOMEROOM, Role.HELPDESK},
    "pins.confirm": LEAD_AND_CARE_ROLES,  # and for nobody whose card they hand out (act_witnesses)
    "letters.print": {Role.OFFICE, Role.PRINCIPAL},
    "letters.revoke": {Role.PRINCIPAL, Role.CITY},
    "guardians.list": {Role.OFFICE, Role.PRINCIPAL, Role.CITY},
    "guardians.missing": {
        Role.HOMEROOM,
        Role.YEAR_HEAD,
        Role.OFFICE,
        Role.PRINCIPAL,
        Role.CITY,
    },
    "protection.view": {Role.PRINCIPAL, Role.CITY},
    "protection.record": {Role.CITY},
    # A homeroom teacher collects the slips and vouches; another person confirms.
    "registrations.vouch": {Role.HOMEROOM},
    "registrations.safe_contact": {Role.PRINCIPAL, Role.CITY},
    "registrations.confirm": {*LEAD_AND_CARE_ROLES, Role.SOCIAL_WORKER, Role.OFFICE, Role.CITY},
    "consent.view": {*CARING_ROLES, Role.CITY, Role.PRIVACY},
    "consent.edit": {Role.CITY},
    "consent.review": {Role.CITY, Role.PRIVACY},
    "consent.explain": CARING_ROLES,
    "guardians.standing": {Role.PRINCIPAL, Role.CITY, Role.PRIVACY},
    "guardians.access": {Role.OFFICE, Role.PRINCIPAL},
    "guardians.caller": {Role.HELPDESK, Role.OFFICE, Role.PRINCIPAL, Role.CITY},
    "guardians.keep_out": {Role.PRINCIPAL, Role.CITY},
    "corrections.answer": {Role.HOMEROOM, Role.PRINCIPAL, Role.PRIVACY},
    "corrections.answer_guardian": {Role.PRIVACY},  # of a guardian: nobody at the school learns it
    "emergency.begin": {*CARING_ROLES, Role.TEACHER},
    "emergency.review": {Role.PRINCIPAL, Role.PRIVACY},
    "access_log.decide": {Role.PRINCIPAL, Role.COUNSELLOR, Role.PRIVACY},
    "paper.enter": {Role.HOMEROOM, Role.PRINCIPAL, Role.CITY},
    "notices.view": set(Role) - {Role.PRIVACY},
    "notices.edit": {Role.CITY, Role.PRINCIPAL},
    "self_help.approve": {Role.COUNSELLOR},
    "notices.hand_out": {Role.HOMEROOM, Role.PRINCIPAL},
    "checkins.view": CARING_ROLES,
    "checkins.settings": {Role.PRINCIPAL},
    "questions.view": {*CARING_ROLES, Role.CITY},
    "questions.edit": {Role.CITY},
    "questions.check": {Role.CITY, Role.PRINCIPAL, Role.NURSE, Role.COUNSELLOR},
    # Each request names its readers; the city's people are on its route.
    "help.answer": {*CARING_ROLES, Role.TEACHER, Role.CITY, Role.FAMILY_CENTRE},
    "family.answer": {*LEAD_AND_CARE_ROLES, Role.CITY, Role.FAMILY_CENTRE},
    "route.view": {Role.CITY, Role.PRIVACY},
    "route.edit": {Role.CITY},
    "route.confirm": {Role.PRIVACY},
    "duty.view": CARING_ROLES,
    "duty.edit": {Role.PRINCIPAL},
    "duty.approve": {Role.NURSE, Role.COUNSELLOR, Role.PRINCIPAL},
    "duty.drill": LEAD_AND_CARE_ROLES,
    "calendar.view": set(Role) - {Role.PRIVACY},
    "calendar.edit": {Role.PRINCIPAL, Role.CITY},
    "cases.view": CARING_ROLES,
    "cases.decide": CARING_ROLES,
    "rules.edit": {Role.CITY},
    "retention.view": {Role.CITY, Role.PRIVACY},
    "retention.edit": {Role.CITY},
    "retention.confirm": {Role.PRIVACY},
    "schemes.view": {*CARING_ROLES, Role.CITY},
    "schemes.edit": {Role.CITY},
    "linkage.view": {Role.CITY, Role.HELPDESK, Role.PRINCIPAL},
    "linkage.edit": {Role.CITY},
    "linkage.bring": {Role.CITY, Role.PRINCIPAL},
    "push.view": {Role.CITY, Role.HELPDESK},
    "push.quiet": {Role.CITY, Role.PRINCIPAL},
    "reports.view": {*CARING_ROLES, Role.CITY, Role.PRIVACY, Role.FAMILY_CENTRE},
    "audit.view": {Role.PRIVACY},
    "security.view": {Role.CITY, Role.PRIVACY},
    "damage.view": {Role.PRIVACY},
    "mail.view": {Role.CITY, Role.HELPDESK},
    "support.answer": {Role.CITY, Role.HELPDESK},
    "service_notes.edit": {Role.CITY, Role.HELPDESK},
    "visits.edit": {Role.CITY, Role.HELPDESK},
    "issues.view": {Role.CITY, Role.HELPDESK, Role.PRINCIPAL},
    "issues.record": {Role.CITY, Role.HELPDESK, Role.PRINCIPAL},
    "issues.sort": {Role.CITY},
    "help_contacts.view": {Role.CITY, Role.HELPDESK},
    "help_contacts.edit": {Role.CITY},
}
# What these verbs show or do is about a family: its guardians, who they are, whether they have
# registered, what they answered, the child's letters and cards. Nobody reads or does it as staff
# about their own child: a colleague may be the parent who must not know of another guardian.
FAMILY_VERBS = {
    "sessions.end", "sessions.end_student", "second_factor.reset", "cards.print", "letters.print",
    "guardians.missing", "guardians.standing", "guardians.access", "guardians.caller",
    "registrations.vouch", "registrations.safe_contact", "registrations.confirm", "consent.view",
    "corrections.answer", "corrections.answer_guardian", "emergency.review", "access_log.decide",
    "paper.enter",
    "consent.explain", "cases.view", "cases.decide", "family.answer",
}  # fmt: skip
# Who may open data sealed under a purpose. The first consent documents name the same roles.
NAMED_READER_ROLES = {Role.HOMEROOM, *LEAD_AND_CARE_ROLES}
ROLES_BY_PURPOSE = {
    "checkin_review": NAMED_READER_ROLES,
    "attendance": NAMED_READER_ROLES,
    "nurse_room": NAMED_READER_ROLES,
    "grades": {Role.HOMEROOM, Role.COUNSELLOR, Role.PRINCIPAL},
    "mood_weather": NAMED_READER_ROLES,
    "study_log": {Role.HOMEROOM, Role.COUNSELLOR, Role.PRINCIPAL},
    "household": {Role.COUNSELLOR, Role.PRINCIPAL},
    "income": {Role.COUNSELLOR, Role.PRINCIPAL},
    "allowances": {Role.COUNSELLOR, Role.PRINCIPAL},
    "casework": CARING_ROLES,
    "correction": {Role.HOMEROOM, Role.PRINCIPAL, Role.PRIVACY},
}
# Who else may open it where a municipality's own consent document in force names them.
EXTRA_ROLES_BY_PURPOSE = {
    "checkin_review": {Role.SOCIAL_WORKER, Role.YEAR_HEAD},
    "attendance": {Role.SOCIAL_WORKER, Role.YEAR_HEAD},
    "nurse_room": {Role.SOCIAL_WORKER},
    "grades": {Role.SOCIAL_WORKER, Role.YEAR_HEAD},
    "mood_weather": {Role.SOCIAL_WORKER, Role.YEAR_HEAD},
    "study_log": {Role.SOCIAL_WORKER, Role.YEAR_HEAD},
    "household": {Role.SOCIAL_WORKER},
    "income": {Role.SOCIAL_WORKER},
    "allowances": {Role.SOCIAL_WORKER},
}
# What an emergency access adds: a few verbs and purposes for that one student.
VERBS_IN_EMERGENCY = {"roster.view", "checkins.view", "cases.view"}
PURPOSES_IN_EMERGENCY = {
    "checkin_review", "attendance", "nurse_room", "mood_weather", "casework",
}  # fmt: skip
