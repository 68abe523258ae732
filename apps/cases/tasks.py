"""Periodic tasks."""

from apps.cases.services import assignments, back_tests, case_deletion, digests, rule_drafts, signs
from apps.core.periodic_work import periodic_task

sweep = periodic_task(
    "cases.sweep",
    rule_drafts.start_due_rules,
    assignments.release_left_cases,
    signs.update_signs,
)
follow_acts = periodic_task(
    rule_drafts.ACT_TASK, rule_drafts.carry_out_starts, rule_drafts.start_due_rules
)
send_digests = periodic_task(digests.TASK, digests.send_digests)
count_back_tests = periodic_task(back_tests.TASK, back_tests.run_next)
delete_ended = periodic_task("cases.delete_ended", case_deletion.delete_ended_casework)
