"""Django's PostgreSQL backend, with the embedded server started at the first connection where no address is set."""
