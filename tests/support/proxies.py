"""A way to a server that can be blocked, as by a server that accepts connections and hangs."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo


class Proxy:
    """A port of this host that leads to a server. While it hangs, connections are accepted and
    nothing is forwarded, in either direction."""

    def __init__(self, url: str) -> None:
        """Listen; url is that of a database of the server."""
        with psycopg.connect(url) as connection:
            host, port = connection.info.host, connection.info.port
        self._family, self._target = socket.AF_INET, (host, port)
        if host.startswith("/"):
            self._family, self._target = socket.AF_UNIX, f"{host}/.s.PGSQL.{port}"
        self._is_open = threading.Event()
        self._is_open.set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        there = {"host": "127.0.0.1", "port": self._listener.getsockname()[1]}
        self._parameters = conninfo_to_dict(url) | there
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self) -> str:
        """How to connect through it."""
        return make_conninfo("", **self._parameters)

    def hang(self) -> None:
        """Forward nothing from now on."""
        self._is_open.clear()

    def go_on(self) -> None:
        """Forward again, first what has come meanwhile."""
        self._is_open.set()

    def close(self) -> None:
        """End all connections."""
        self.go_on()
        for each in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(self._family)
                server.connect(self._target)
                self._sockets += [client, server]
                for ends in ((client, server), (server, client)):
                    threading.Thread(target=self._forward, args=ends, daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self._is_open.wait()
                target.sendall(data)
            self._is_open.wait()
            target.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def proxy(url: str) -> Iterator[Proxy]:
    """A Proxy while the block runs."""
    opened = Proxy(url)
    try:
        yield opened
    finally:
        opened.close()
