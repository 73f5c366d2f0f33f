"""A stand-in for what webhooks call: an HTTP server on this host."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Target:
    """A target: what it got, as headers and body, and how it answers."""

    def __init__(self) -> None:
        """A server that answers 204."""
        self.got: list[tuple[dict[str, str], str]] = []
        self.answer: Callable[[str], int] = lambda body: 204
        self.held = threading.Event()
        self.held.set()
        target = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                target.held.wait(10)
                status = target.answer(body)
                target.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", target.url + "/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Free the port: nobody listens from then on."""
        self.held.set()
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def running() -> Iterator[Target]:
    """A target for a block."""
    target = Target()
    yield target
    target.stop()
