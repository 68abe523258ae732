"""New versions of rules: drafted by one person, approved by another, in use from a day on."""

from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.cases.models import Rule
from apps.cases.rule_sentences import rule_sentence, thresholds_of
from apps.core import clock
from apps.core.clock import today
from apps.people.act_rules import ActEffects
from apps.people.models import PendingAct, Student, User
from apps.people.permissions import may
from apps.people.services import act_processing, act_queries, pending_acts
from apps.people.services.recorded_changes import record_change

ACT_KIND, ACT_TASK = "rule.start", "cases.follow_acts"
EDIT_VERB = "rules.edit"
LATEST_START = timedelta(days=180)


class CannotChangeRule(Exception):
    """The change is refused; the message is shown to the user."""


@transaction.atomic
def draft_rule(rule: Rule, thresholds: dict[str, float], *, by: User) -> Rule:
    """Write the next version of an active rule with these thresholds; the draft.

    Where no version is in use yet the first draft itself is written over. A draft that is there is written over, unless it waits for a second person or is approved.
    Raises CannotChangeRule.
    """
    rule = Rule.objects.select_for_update().get(pk=rule.pk)
    if not may(by, EDIT_VERB, rule):
        raise CannotChangeRule(_("しきい値を変える立場ではありません。"))
    is_first = rule.activated_at is None and not is_in_use(rule)
    if rule.retired_at is not None or not (rule.activated_at or is_first):
        raise CannotChangeRule(_("いま使っている版から変えてください。"))
    parameters = {**rule.parameters, **_checked(rule, thresholds)}
    if parameters == rule.parameters and not is_first:
        raise CannotChangeRule(_("いまの版と同じです。"))
    draft = draft_of(rule)
    if draft is None:
        last = Rule.objects.filter(municipality=rule.municipality_id, code=rule.code)
        version = last.order_by("-version").values_list("version", flat=True)[0] + 1
        draft = Rule(
            municipality_id=rule.municipality_id, code=rule.code, version=version,
            title=rule.title, purpose=rule.purpose, also=rule.also,
        )  # fmt: skip
    _refuse_settled(draft)
    draft.parameters, draft.drafted_by, draft.drafted_at = parameters, by, clock.now()
    draft.save()
    record_change(draft, by, ["parameters"], verb=EDIT_VERB)
    return draft


def is_in_use(rule: Rule) -> bool:
    """Whether a version of this rule is in use."""
    same = {"municipality": rule.municipality_id, "code": rule.code}
    return Rule.objects.active().filter(**same).exists()


def draft_of(rule: Rule) -> Rule | None:
    """The draft of the next version of this rule, or None."""
    drafts = Rule.objects.drafts().filter(municipality=rule.municipality_id, code=rule.code)
    return drafts.first()


@transaction.atomic
def drop_draft(draft: Rule, *, by: User) -> None:
    """End a draft that is not in use: its version stays, as one that was never used."""
    draft = Rule.objects.select_for_update().get(pk=draft.pk)
    if not may(by, EDIT_VERB, draft):
        raise CannotChangeRule(_("しきい値を変える立場ではありません。"))
    if draft.activated_at is not None:
        raise CannotChangeRule(_("もう使っている版です。"))
    if start_act(draft) is not None:
        raise CannotChangeRule(
            _("二人目の確認を待っています。先に「確認を待つ変更」で止めてください。")
        )
    if draft.retired_at is None:
        draft.retired_at = clock.now()
        draft.save(update_fields=["retired_at"])
        record_change(draft, by, ["retired_at"], verb=EDIT_VERB)


def _refuse_settled(draft: Rule) -> None:
    if draft.approved_at is not None:
        raise CannotChangeRule(_("確かめられて、始まる日を待っている版があります。"))
    if start_act(draft) is not None:
        raise CannotChangeRule(
            _("書きかけが、二人目の確認を待っています。先にそれを決めてください。")
        )


def _checked(rule: Rule, thresholds: dict[str, float]) -> dict[str, float]:
    """The thresholds within their bounds. Raises CannotChangeRule."""
    allowed = thresholds_of(rule.code, rule.parameters)
    for name, value in thresholds.items():
        if name not in allowed:
            raise CannotChangeRule(_("この決まりにない、しきい値です。"))
        label, least, most = allowed[name]
        if not least <= value <= most:
            raise CannotChangeRule(
                _("%(label)sは、%(least)sから%(most)sまでで書いてください。")
                % {"label": label, "least": f"{least:g}", "most": f"{most:g}"}
            )
        if isinstance(rule.parameters[name], int) and value != int(value):
            raise CannotChangeRule(
                _("%(label)sは、小数でない数で書いてください。") % {"label": label}
            )
    whole = {
        name: int(value) if isinstance(rule.parameters[name], int) else float(value)
        for name, value in thresholds.items()
    }
    after = {**rule.parameters, **whole}
    if after.get("recent_days", 0) >= after["days"]:
        raise CannotChangeRule(_("くらべる日数は、さかのぼる日数より短くしてください。"))
    return whole


# -- approval -------------------------------------------------------------------------------------


def start_act(draft: Rule) -> PendingAct | None:
    """The open act about using this draft, or None."""
    return act_queries.open_act_about(draft, ACT_KIND)


def effects_of_start(draft: Rule) -> ActEffects:
    """How many students the rule looks at; nothing for what is no draft."""
    if draft.activated_at or draft.retired_at or draft.approved_at:
        return ActEffects("", {})
    enrolled = Student.objects.enrolled().filter(municipality=draft.municipality_id)
    names = [
        (_("自治体"), [draft.municipality.name]),
        (_("新しい決まり"), [rule_sentence(draft.code, draft.parameters)]),
    ]
    return ActEffects(ACT_KIND, {"students": enrolled.count()}, names)


@transaction.atomic
def propose_start(draft: Rule, starts_on: date, *, by: User, reason: str) -> PendingAct:
    """Propose to use a draft from a day on; the PendingAct. Raises CannotChangeRule, CannotAct."""
    check_start(draft, starts_on)
    return pending_acts.propose_effects(
        effects_of_start(draft), draft, by=by, reason=reason,
        payload={
            "changes": {"starts_on": starts_on.isoformat()}, "parameters": draft.parameters
        },
    )  # fmt: skip


def check_start(draft: Rule, starts_on: date) -> None:
    """Raise CannotChangeRule where a draft cannot be used from that day on."""
    if not effects_of_start(draft).kind:
        raise CannotChangeRule(_("書きかけの版ではありません。"))
    if not today() <= starts_on <= today() + LATEST_START:
        raise CannotChangeRule(_("始まる日は、きょうから半年のうちで選んでください。"))


def carry_out_starts() -> int:
    """Approve the drafts that a second person confirmed; how many."""
    return act_processing.process_acts(ACT_KIND, carry_out=_approve)


def _approve(act: PendingAct) -> None:
    draft = Rule.objects.select_for_update().filter(pk=act.thing_id).first()
    if draft is None or draft.retired_at or draft.parameters != act.payload["parameters"]:
        act_processing.void_act(act)
        return
    draft.approved_at = clock.now()
    draft.starts_on = date.fromisoformat(act.payload["changes"]["starts_on"])
    draft.save(update_fields=["approved_at", "starts_on"])
    record_change(draft, act.proposed_by, ["starts_on"], verb=EDIT_VERB)


def start_due_rules() -> int:
    """Use the approved versions whose day has come, in place of those before; how many."""
    due: Any = Rule.objects.drafts().filter(starts_on__lte=today())
    return sum(_start(pk) for pk in list(due.values_list("pk", flat=True)))


@transaction.atomic
def _start(pk: Any) -> int:
    draft = Rule.objects.drafts().select_for_update(skip_locked=True).filter(pk=pk).first()
    if draft is None:
        return 0
    now = clock.now()
    before = Rule.objects.active().filter(municipality=draft.municipality_id, code=draft.code)
    before.update(retired_at=now)
    draft.activated_at = now
    draft.save(update_fields=["activated_at"])
    return 1
