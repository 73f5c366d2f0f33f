"""The ASGI application that `hedge serve` runs. Each server process imports this module."""

from api.app import create_app
from api.response_cache import with_response_cache
from hedge import child_processes, logs

child_processes.end_with_parent()
logs.configure()
app = with_response_cache(create_app())
