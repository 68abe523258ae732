"""The first pages of a student or guardian, and the files that make it an installable app."""
