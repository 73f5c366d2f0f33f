"""HTML pages, rendered on the server from the same database. They work without JavaScript."""
