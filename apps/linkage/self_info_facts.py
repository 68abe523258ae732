"""The kinds of facts read from わたしの情報, and the codes in them. Pure."""

HOUSEHOLD, INCOME, ALLOWANCES = "household", "income", "allowances"
PURPOSES = (HOUSEHOLD, INCOME, ALLOWANCES)
NON_TAXABLE, FLAT_ONLY, TAXED = "non_taxable", "flat_only", "taxed"
SCHEMES = {
    "child_allowance": "児童手当",
    "child_rearing_allowance": "児童扶養手当",
    "school_aid": "就学援助",
    "public_assistance": "生活保護",
    "disabled_child": "障害児への支援",
}
