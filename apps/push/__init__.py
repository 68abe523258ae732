"""Brings a short, contentless bell to a person's devices."""
