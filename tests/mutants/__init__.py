"""Mutation tests: plants small mistakes, one at a time, and asks the tests to notice them.

`make mutants` plants a sample. A mistake that no test of its areas (tests/areas.py) notices is
reported as a survivor; those that change nothing are listed in equivalent.toml with the reason.
"""
