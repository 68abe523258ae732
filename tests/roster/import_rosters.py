"""Helpers that import rosters with answers and approvals."""

from apps.roster.services import import_conditions, imports


def check(content):
    return imports.check_roster(content, "r.zip", by=None)


def questions(content):
    """{key: case} of the questions of this roster."""
    return {q.key: q.case for q in imports.preview_import(check(content)).questions}


def answers_to(plan, **answers):
    """{IdentityQuestion.answer_key: answer} of {key with _ for -: answer}, or of ``every``."""
    every = answers.pop("every", None)
    said = {q.answer_key: answers.get(q.key.replace("-", "_"), every) for q in plan.questions}
    return {key: answer for key, answer in said.items() if answer}


def take_in(content, **answers):
    """Import with these answers and with every other approval."""
    checked = check(content)
    said = answers_to(imports.preview_import(checked), **answers)
    moves = imports.preview_import(checked, said).code_changes.digest
    return imports.import_roster(
        checked, by=None, approval=import_conditions.ImportApproval(True, True, said, moves)
    )
