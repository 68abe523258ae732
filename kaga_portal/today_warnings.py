"""The warnings on きょう: sentences with a link, of what somebody must look at first."""

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.helpline.services import duty_holders, duty_warnings
from apps.people.permissions import may
from apps.people.person_match_rules import PersonMatch
from apps.people.services import kept_out_people
from apps.people.services.overdue_acts import overdue_acts_for, urgent_acts_for
from apps.registration.services import later_matches
from kaga_portal.stalled_work import warnings_of_stalled_work


def warnings_for(user):
    """[(sentence, URL)] for one member of staff."""
    return [
        *warnings_of_stalled_work(user),
        *_urgent_keep_outs(user),
        *_fitting_guardians(user),
        *_unconfirmed(user),
        *_without_holder(user),
        *duty_warnings.duty_warnings_for(user),
        *duty_warnings.route_warnings_for(user),
    ]


def _urgent_keep_outs(user):
    """[(sentence, URL)] of guardians kept out by one person that must be reviewed at once."""
    for act, n_that_day in urgent_acts_for(user):
        words = _("%(act)s: いますぐ確かめてください。") % {"act": act}
        if act.preview.get("without"):
            words += _("この子どもについて判断する保護者が、いなくなりました。")
        if n_that_day > 1:
            words += _("同じ人が、その日に%(n)s人を制限しました。") % {"n": n_that_day}
        yield words, reverse("admin:people_pendingact_change", args=[act.pk])


def _fitting_guardians(user):
    """[(sentence, URL)] of guardians who fit somebody kept out before they registered."""
    if not may(user, kept_out_people.VERB):
        return
    for guardianship, match in later_matches.guardians_who_fit(user):
        where = guardianship.student.class_and_number
        same = _("メールアドレス") if match == PersonMatch.CONTACT else _("名前か読み")
        words = _(
            "%(where)s: 登録の前から制限している人と、同じ%(same)sの保護者がいます。"
            "本人には何も出ていません。続柄のページで、制限するか決めてください。"
        )
        yield (
            words % {"where": where, "same": same},
            reverse("admin:people_guardianship_change", args=[guardianship.pk]),
        )


def _unconfirmed(user):
    """[(sentence, URL)] of acts that one person did at once and nobody has confirmed since."""
    for act in overdue_acts_for(user):
        words = _("%(act)s: 3授業日たっても、だれも確かめていません。そのまま続いています。")
        yield words % {"act": act}, reverse("admin:people_pendingact_change", args=[act.pk])


def _without_holder(user):
    """[(sentence, URL)] of duties whose holder has left: the city gives them to somebody."""
    for roster in duty_holders.rosters_without_holder(user):
        words = _(
            "%(school)s: 「話したい」の担当だった人が、もういません。"
            "学校と、あとの人を決めてください。"
        )
        yield words % {"school": roster.school}, reverse("admin:index")
