"""The parts of ``bench/big_year.py``."""
