"""The catalogues of sentences: collected from the code, checked, compiled (docs/translations.md)."""
