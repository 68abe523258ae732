"""The first screens of a student or guardian, and what makes it an installable app."""
