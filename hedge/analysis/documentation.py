"""The documentation of the models, built and served without the internet."""

import contextlib
import functools
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from hedge import runs
from hedge.analysis import lineage
from hedge.errors import UsageError, file_error


def build(folder: Path) -> list[str]:
    """Write the documentation of the deployed project into a folder, which is created where it is
    missing: that of dbt, and a page with the lineage of columns (lineage.PAGE). Sentences about
    lineage that could not be read are returned."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        runs.document(folder)
        return lineage.write(folder).faults
    except OSError as error:
        raise file_error(f"{folder} cannot be written", error) from error


@contextlib.contextmanager
def server(folder: Path, port: int) -> Iterator[ThreadingHTTPServer]:
    """An HTTP server of a folder on 127.0.0.1, which answers requests once serve_forever() is
    called. Port 0 chooses a free one; a port that is in use is a UsageError."""
    handler = functools.partial(_Handler, directory=str(folder))
    try:
        listening = ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        raise UsageError(f"port {port} of 127.0.0.1 cannot be used: {error.strerror}") from error
    with listening:
        yield listening


class _Handler(SimpleHTTPRequestHandler):
    """Serves files of a folder and logs nothing."""

    def end_headers(self) -> None:
        """Forbid browsers to load anything from other hosts and to cache a page."""
        self.send_header(
            "Content-Security-Policy", "default-src 'self' 'unsafe-inline' 'unsafe-eval' data:"
        )
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing."""
