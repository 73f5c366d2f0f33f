"""dbt's documentation of the models, as pages that need no internet."""

import contextlib
import functools
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from hedge import runs, settings
from hedge.errors import UsageError


def build(folder: Path | None = None) -> Path:
    """Write the documentation of what is deployed into a folder, made where it is missing;
    HEDGE_HOME/dbt/docs unless one is named."""
    folder = folder or settings.home() / "dbt" / "docs"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        runs.document(folder)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}") from error
    return folder


@contextlib.contextmanager
def server(folder: Path, port: int):
    """A server of a folder on 127.0.0.1, which answers from serve_forever() on; port 0 takes a
    free one. A port that somebody else has is a UsageError."""
    handler = functools.partial(_Handler, directory=str(folder))
    try:
        listening = ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        raise UsageError(f"port {port} of 127.0.0.1 cannot be used: {error.strerror}") from error
    with listening:
        yield listening


class _Handler(SimpleHTTPRequestHandler):
    """Files of a folder, without a word on standard error."""

    def end_headers(self) -> None:
        """Let browsers load nothing from elsewhere, and keep nothing."""
        self.send_header(
            "Content-Security-Policy", "default-src 'self' 'unsafe-inline' 'unsafe-eval' data:"
        )
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""
