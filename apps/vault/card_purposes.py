"""The purposes whose facts a guardian brings by reading a My Number card. Pure.

What came so is that guardian's: not the other guardian's, and not the student's.
"""

CARD_PURPOSES = frozenset({"household", "income", "allowances"})
