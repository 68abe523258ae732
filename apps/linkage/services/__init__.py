"""Services of linked data: importing it, and deleting it when its time is over."""
