"""The HTTP service over the tables; it computes nothing and never waits for a run."""
