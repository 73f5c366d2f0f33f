"""Roles of PostgreSQL, poolers and certificates: what is between Hedge and its database."""
