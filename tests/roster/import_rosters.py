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
    answers_given = {
        q.answer_key: answers.get(q.key.replace("-", "_"), every) for q in plan.questions
    }
    return {key: answer for key, answer in answers_given.items() if answer}


def take_in(content, **answers):
    """Import with these answers and with every other approval."""
    checked = check(content)
    answers_given = answers_to(imports.preview_import(checked), **answers)
    code_changes = imports.preview_import(checked, answers_given).code_changes.digest
    return imports.import_roster(
        checked,
        by=None,
        approval=import_conditions.ImportApproval(True, True, answers_given, code_changes),
    )
