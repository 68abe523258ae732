"""Policies, documents and decisions: who agreed to which purpose, in which words."""
