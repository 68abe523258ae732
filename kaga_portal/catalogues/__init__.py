"""The translation catalogues: extracted from the code, checked, compiled (docs/translations.md)."""
