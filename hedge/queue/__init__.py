"""Requested runs: the table app.etl_requests and the worker that serves it."""
