"""Services: file contents, and jobs."""
