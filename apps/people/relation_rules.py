"""What a guardian's relation to a child allows. Pure: no Django."""

DECIDING_RELATIONS = {"mother", "father", "adoptive"}  # relations that decide by themselves
RELATIONS_BY_DOCUMENT = {
    "legal",
    "home_head",
    "guidance_head",
}  # relations that decide where a document says so


def may_be_informed_only(relation: str) -> bool:
    """Whether a newcomer of this relation (a Relation code) may be confirmed as informed only."""
    return relation not in DECIDING_RELATIONS
