"""Benchmarks. They print measurements for a person to read and test nothing."""
