"""Questions about using the service, and what support staff may do about them."""
