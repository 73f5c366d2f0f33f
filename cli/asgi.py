"""The application that `hedge serve` serves, made in each process of the server."""

from api.app import create_app
from api.recent import in_front_of
from hedge import logs

logs.configure()
app = in_front_of(create_app())
