"""Retiring a question set, which a second person must confirm first."""

from contextlib import suppress

from django.db import transaction

from apps.checkins.models import QuestionSet
from apps.checkins.services.question_drafts import CannotPublishQuestions, retire_question_set
from apps.checkins.services.question_sets import current_question_sets
from apps.core.templatetags.japanese import plain
from apps.people.act_rules import ActEffects
from apps.people.models import Municipality, Student
from apps.people.services import act_processing, act_queries, pending_acts

ACT_KIND = "questions.retire"


def effects_of_retirement(question_set: QuestionSet, municipality: Municipality) -> ActEffects:
    """The effects of retiring: how many students of the city would no longer be asked."""
    in_use = question_set in current_question_sets(municipality.pk)
    if not in_use or question_set.code == "daily":
        return ActEffects("", {}, municipality_id=municipality.pk)
    n_students = Student.objects.enrolled().filter(municipality=municipality).count()
    names = [("質問", [plain(question_set.title)]), ("自治体", [municipality.name])]
    return ActEffects(ACT_KIND, {"students": n_students}, names, municipality.pk)


@transaction.atomic
def propose_retirement(question_set, *, municipality, by, reason):
    """Propose to retire a QuestionSet in one city; the PendingAct. It stays in use meanwhile.

    Raises pending_acts.CannotAct.
    """
    effects = effects_of_retirement(question_set, municipality)
    if not effects.kind:
        raise pending_acts.CannotAct("いま使っている版ではありません。")
    return pending_acts.propose_effects(
        effects, question_set, title=plain(question_set.title), by=by, reason=reason,
        payload={"changes": {"retired_at": True}},
    )  # fmt: skip


def retirement_act(question_set):
    """The open PendingAct about retiring this QuestionSet, or None."""
    return act_queries.open_act_about(question_set, ACT_KIND)


def carry_out_retirements():
    """Retire the question sets that a second person confirmed."""
    act_processing.process_acts(ACT_KIND, carry_out=_retire)


def _retire(act):
    question_set = QuestionSet.objects.select_for_update().filter(pk=act.thing_id).first()
    if question_set is not None:
        # Replaced by its next version meanwhile: nothing to retire.
        with suppress(CannotPublishQuestions), transaction.atomic():
            retire_question_set(question_set, municipality=act.municipality, by=act.proposed_by)
