"""What a relation to a child lets a guardian be, once the school has confirmed them. Pure: no Django."""

DECIDING_RELATIONS = {"mother", "father", "adoptive"}  # relations that decide by themselves
RELATIONS_BY_DOCUMENT = {
    "legal",
    "home_head",
    "guidance_head",
}  # that decide where a document says so


def may_be_informed_only(relation: str) -> bool:
    """Whether a newcomer of this relation (a Relation code) may come to be informed only."""
    return relation not in DECIDING_RELATIONS
