"""Tamper-evident records: hash chains, Merkle checkpoints, signatures, proofs."""
