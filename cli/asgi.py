"""The application that `hedge serve` serves, made in each process of the server."""

from api.app import create_app
from hedge import logs

logs.configure()
app = create_app()
