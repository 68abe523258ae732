"""Files that staff upload: kept encrypted, read by a worker; the result is a page that expires."""
