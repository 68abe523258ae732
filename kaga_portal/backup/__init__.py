"""Backup of database, key shares and checkpoints, encrypted to a public key, and restore to a moment."""
