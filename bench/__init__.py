"""Measurements for a person to read; nothing here is a test."""
