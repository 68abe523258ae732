"""Template tag of the staff navigation."""

from django import template
from django.urls import NoReverseMatch, reverse

from apps.people.permissions import may

register = template.Library()

SECTIONS = [
    ("きょう", "admin:index", None),
    ("支援", "admin:cases_supportcase_changelist", "cases.view"),
    ("話したい", "admin:helpline_helprequest_changelist", "help.answer"),
    ("学級の1日", "admin:checkins_day", "checkins.view"),
    ("お知らせ", "admin:notices_notice_changelist", "notices.view"),
    ("窓口", "admin:notices_supportorganisation_changelist", "notices.view"),
    ("質問", "admin:checkins_questionset_changelist", "questions.check"),
    ("連携", "admin:linkage_datasource_changelist", "linkage.view"),
    ("同意", "admin:consent_consentdocument_changelist", "consent.view"),
    ("ヘルプデスク", "admin:helpdesk_supportquestion_changelist", "support.answer"),
    ("名簿", "admin:people_student_changelist", "roster.view"),
    ("人", "admin:people_staffpost_changelist", "staff.appoint"),
    ("取り込み", "admin:roster_rosterimport_changelist", "roster.import"),
    ("集計", "admin:reports", "reports.view"),
    ("記録", "admin:audit_auditevent_changelist", "audit.view"),
    ("サインイン", "admin:signin_usersession_changelist", "sessions.end_student"),
    ("安全", "admin:audit_securityevent_changelist", "security.view"),
]


@register.simple_tag(takes_context=True)
def staff_sections(context):
    """The sections this member of staff may open: [{name, url, is_here}]."""
    request = context["request"]
    sections = []
    for name, target, verb in SECTIONS:
        if verb is not None and not may(request.user, verb):
            continue
        try:
            url = reverse(target)
        except NoReverseMatch:
            continue
        here = request.path == url if target == "admin:index" else request.path.startswith(url)
        sections.append({"name": name, "url": url, "is_here": here})
    return sections
