"""A stand-in for Discord on loopback: the three endpoints of the sign-in, as strict as those of
Discord."""

import base64
import hashlib
import json
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit


class StandInDiscord:
    """Discord with one application, and the account that is signed in in the browser."""

    client_id = "an-application"
    client_secret = "a secret of the application"

    def __init__(self) -> None:
        """Listen on a free port."""
        self.discord_id = "100000000000000001"
        self.is_refusing = False
        self.is_broken = False
        self.codes: dict[str, dict[str, str]] = {}
        self.tokens: dict[str, str] = {}
        stand_in = self

        class Handler(_Handler):
            discord = stand_in

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    discord: StandInDiscord

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        given = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/oauth2/authorize":
            self._authorize(given)
        elif parts.path == "/api/users/@me":
            _, _, token = self.headers.get("Authorization", "").partition(" ")
            if token in self.discord.tokens:
                self._answer(200, {"id": self.discord.tokens[token], "username": "somebody"})
            else:
                self._answer(401, {"message": "401: Unauthorized"})
        else:
            self._answer(404, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        given = {name: values[0] for name, values in parse_qs(body).items()}
        if self.discord.is_broken:
            self._answer(500, {"message": "broken"})
            return
        scheme, _, basic = self.headers.get("Authorization", "").partition(" ")
        if scheme == "Basic":
            name, _, password = base64.b64decode(basic).decode().partition(":")
            given |= {"client_id": name, "client_secret": password}
        application = (self.discord.client_id, self.discord.client_secret)
        if (given.get("client_id"), given.get("client_secret")) != application:
            self._answer(401, {"error": "invalid_client"})
            return
        asked = self.discord.codes.pop(given.get("code"), None)
        verifier = given.get("code_verifier", "").encode()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).rstrip(b"=")
        if (
            asked is None
            or given.get("grant_type") != "authorization_code"
            or given.get("redirect_uri") != asked["redirect_uri"]
            or challenge.decode() != asked["code_challenge"]
        ):
            self._answer(400, {"error": "invalid_grant"})
            return
        token = secrets.token_urlsafe()
        self.discord.tokens[token] = asked["discord_id"]
        self._answer(200, {"access_token": token, "token_type": "Bearer", "scope": "identify"})

    def _authorize(self, given: dict[str, str]) -> None:
        wanted = {
            "client_id": self.discord.client_id,
            "response_type": "code",
            "scope": "identify",
            "code_challenge_method": "S256",
        }
        if any(given.get(name) != value for name, value in wanted.items()):
            self._answer(400, {"error": "invalid_request"})
            return
        answer = {"state": given["state"]}
        if self.discord.is_refusing:
            answer["error"] = "access_denied"
        else:
            answer["code"] = secrets.token_urlsafe()
            self.discord.codes[answer["code"]] = given | {"discord_id": self.discord.discord_id}
        self.send_response(302)
        self.send_header("Location", f"{given['redirect_uri']}?{urlencode(answer)}")
        self.end_headers()

    def _answer(self, status: int, body: dict[str, str]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
