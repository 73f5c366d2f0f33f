"""The dbt project as files: which of them define what a run computes, and checks of its seeds."""
