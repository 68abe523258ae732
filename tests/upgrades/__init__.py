"""The data of the last release, and what the next one makes of it while its code still runs."""
