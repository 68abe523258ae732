"""Files that staff upload: kept sealed, read by a worker, their result a page that expires."""
