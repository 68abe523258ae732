"""Figures about a row's related rows, asked for each row that is shown and no other."""

from django.db.models import Aggregate, OuterRef, QuerySet, Subquery


def aggregate_of(rows: QuerySet, link: str, aggregate: Aggregate) -> Subquery:
    """An aggregate over those of ``rows`` whose ``link`` is the outer row; null for none."""
    own = rows.filter(**{link: OuterRef("pk")}).order_by()
    return Subquery(own.values(link).annotate(aggregated=aggregate).values("aggregated"))
