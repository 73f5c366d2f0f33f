"""The values of settings: each function reads the text of one kind of setting.

A text that is none raises a ValueError, whose message ends a sentence that begins with the name of
the setting: `which is no number from 0 to 100`.
"""

import ipaddress
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

#: Reads the text of a setting.
Parse = Callable[[str], Any]

_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]")
#: A key of 32 random bytes has about 30 different ones.
FEWEST_BYTES_OF_A_KEY = 16


def text(given: str) -> str:
    """Any text."""
    return given


def word(*known: str) -> Parse:
    """One of a few words."""

    def parse(given: str) -> str:
        if given not in known:
            raise ValueError(f"which is not {' or '.join(known)}")
        return given

    return parse


def whole_number(most: int, unit: str = "") -> Parse:
    """A whole number from 1 to most."""

    def parse(given: str) -> int:
        digits = given if given.isascii() and given.isdigit() and len(given) < 20 else "0"
        if not 0 < int(digits) <= most:
            raise ValueError(f"which is no number{f' of {unit}' if unit else ''} from 1 to {most}")
        return int(digits)

    return parse


def per_cent(given: str) -> float:
    """A share in per cent."""
    try:
        share = float(given)
    except ValueError:
        share = -1
    if not 0 <= share <= 100:
        raise ValueError("which is no number from 0 to 100")
    return share


def origin(given: str) -> str:
    """An origin as browsers send it: scheme, host, and a port where it is not the usual one."""
    try:
        parts = urlsplit(given)
        port = parts.port
    except ValueError:
        raise ValueError("which is no origin such as https://hedge.example") from None
    scheme, _, host_and_port = given.partition("://")
    host = host_and_port if port is None else host_and_port.removesuffix(f":{port}")
    if scheme not in _DEFAULT_PORTS or not _HOST.fullmatch(host):
        raise ValueError(
            "which is no origin such as https://hedge.example: http or https, a host in lower case,"
            " no path, no slash at the end, no space, no *"
        )
    if port == _DEFAULT_PORTS[scheme]:
        raise ValueError(f"where browsers leave out the port: write {scheme}://{host}")
    return given


def public_url(given: str) -> str:
    """The origin of a service; a slash at the end is left out."""
    return origin(given.removesuffix("/"))


def node_url(given: str) -> str:
    """The URL of a node. Its path, which may be a key of the provider, is no part of a sentence."""
    try:
        parts = urlsplit(given)
        origin(f"{parts.scheme}://{parts.netloc}")
    except ValueError:
        raise ValueError(
            "must be http or https and a host without a user, such as https://node.example/path"
        ) from None
    if any(character.isspace() for character in given) or not given.isascii():
        raise ValueError("holds a space or a letter that no URL has")
    return given


def chain_url(given: str) -> str:
    """The URL of a node, which may have a user and a password."""
    scheme, _, rest = given.partition("://")
    authority, slash, path = rest.partition("/")
    try:
        node_url(f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}")
    except ValueError:
        raise ValueError(
            "must be http or https and a host, such as https://node.example/path"
        ) from None
    return given


def without_path(given: str) -> str:
    """The origin of a URL, and dots for its path."""
    parts = urlsplit(given)
    rest = "/..." if parts.path.strip("/") or parts.query else ""
    return f"{parts.scheme}://{parts.hostname}{rest}"


def network(given: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """A network such as 10.0.0.0/8, or one address."""
    try:
        found = ipaddress.ip_network(given)
    except ValueError:
        raise ValueError("which is no network such as 10.0.0.0/8") from None
    if found.prefixlen == 0:
        raise ValueError("which is everybody: name the networks of the proxies")
    return found


def listed(parse: Parse) -> Parse:
    """Values of a kind, separated by commas."""

    def parse_all(given: str) -> tuple[Any, ...]:
        found = []
        for one in filter(None, given.split(",")):
            try:
                found.append(parse(one))
            except ValueError as error:
                raise ValueError(f"of which '{one[:80]}' is refused, {error}") from None
        return tuple(found)

    return parse_all


def key(given: str) -> bytes:
    """A key of 32 bytes that nobody can guess, as hex digits."""
    try:
        found = bytes.fromhex(given)
    except ValueError:
        found = b""
    if len(found) != 32:
        raise ValueError("must be 64 hex digits (openssl rand -hex 32)")
    if len(set(found)) < FEWEST_BYTES_OF_A_KEY:
        raise ValueError("repeats few bytes, so that it can be guessed: openssl rand -hex 32")
    return found


def bearer_token(given: str) -> str:
    """A token that nobody can guess."""
    if len(given) < 16 or not re.fullmatch(r"[A-Za-z0-9._~+/=-]+", given):
        raise ValueError("must be 16 or more letters, digits or ._~+/=- (openssl rand -hex 32)")
    return given


def database_url(given: str) -> str:
    """A URL, or another text with which libpq connects."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        conninfo_to_dict(given)
    except ProgrammingError as error:
        raise ValueError(f"is not a database URL: {str(error).strip().splitlines()[0]}") from error
    return given


def without_password(where: str) -> str:
    """A database URL, or another text with which libpq connects, without its password."""
    bare = re.sub(r"(://[^:/@]*):.*@", r"\1@", where)
    return re.sub(r"((?:^|[?&\s])password\s*=\s*)('(?:[^'\\]|\\.)*'|[^&\s]*)", r"\1***", bare)


def masked(given: str) -> str:
    """What is shown of a secret."""
    return f"*** ({len(given)} characters)"
