"""The purposes whose data a guardian reads with their My Number card. Pure.

Such data is that guardian's alone: not the other guardian's, and not the student's.
"""

CARD_PURPOSES = frozenset({"household", "income", "allowances"})
