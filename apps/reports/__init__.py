"""Aggregated counts and evaluation exports; never a person."""
