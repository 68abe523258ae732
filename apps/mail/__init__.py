"""Mail leaves by a worker: kept sealed until it is sent, tried again, and told where it never arrived."""
