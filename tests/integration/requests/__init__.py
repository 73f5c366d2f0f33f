"""Requests for runs: who takes which, when one is tried again, and which run serves one."""

from collections.abc import Sequence

import psycopg

from hedge.queue import requests


def ids(found: Sequence[requests.Request]) -> list[int]:
    """The numbers of requests."""
    return [request.request_id for request in found]


def states(connection: psycopg.Connection) -> list[str]:
    """The states of the requests that are not served yet, oldest first."""
    return [request.state for request in requests.unserved(connection)]
