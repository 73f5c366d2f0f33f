"""Pages for people: HTML made on the server over the same queries, usable without JavaScript."""
