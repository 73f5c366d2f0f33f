"""The application of `hedge serve`, where a body has one second to end and not thirty.

For test_unfinished_bodies.py: granian imports it in the process that serves.
"""

from api import transport

transport.with_body_timeout.__defaults__ = (1.0,)

from cli.asgi import app  # noqa: E402

__all__ = ["app"]
