"""The settings of the service, from environment variables."""

import os
import secrets
from dataclasses import dataclass, field

from hedge.errors import UsageError

REQUIRED_IN_PRODUCTION = (
    "HEDGE_PUBLIC_URL",
    "HEDGE_SECRET_KEY",
    "HEDGE_DISCORD_CLIENT_ID",
    "HEDGE_DISCORD_CLIENT_SECRET",
)


@dataclass(frozen=True)
class Settings:
    """The settings; in production, secrets have no default."""

    #: The address at which players and front ends reach the service.
    public_url: str = "http://127.0.0.1:8000"
    is_production: bool = False
    #: Encrypts the session cookie: 32 bytes.
    secret_key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    discord_client_id: str = ""
    discord_client_secret: str = field(default="", repr=False)
    discord_url: str = "https://discord.com"
    #: Front ends on other origins that may call with the player's cookie.
    origins: tuple[str, ...] = ()
    #: Rate limits a minute: sign-ins by address, and links of wallets by player.
    sign_ins_a_minute: int = 30
    links_a_minute: int = 60

    @classmethod
    def read(cls) -> "Settings":
        """The settings from HEDGE_* variables. In production, a missing one is a UsageError."""
        is_production = os.environ.get("HEDGE_ENV", "development") == "production"
        given = {name: os.environ.get(name, "") for name in REQUIRED_IN_PRODUCTION}
        public_url = given["HEDGE_PUBLIC_URL"] = given["HEDGE_PUBLIC_URL"].rstrip("/")
        missing = [name for name, value in given.items() if not value]
        if is_production and missing:
            raise UsageError(f"in production {', '.join(missing)} must be set")
        secret_key = given["HEDGE_SECRET_KEY"]
        return cls(
            public_url=public_url or cls.public_url,
            is_production=is_production,
            secret_key=_key(secret_key) if secret_key else secrets.token_bytes(32),
            discord_client_id=given["HEDGE_DISCORD_CLIENT_ID"],
            discord_client_secret=given["HEDGE_DISCORD_CLIENT_SECRET"],
            discord_url=os.environ.get("HEDGE_DISCORD_URL", cls.discord_url).rstrip("/"),
            sign_ins_a_minute=_number("HEDGE_SIGN_INS_A_MINUTE", cls.sign_ins_a_minute),
            links_a_minute=_number("HEDGE_LINKS_A_MINUTE", cls.links_a_minute),
            origins=tuple(filter(None, os.environ.get("HEDGE_ORIGINS", "").split(","))),
        )


def _key(text: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise UsageError("HEDGE_SECRET_KEY must be 64 hex digits (openssl rand -hex 32)")
    return key


def _number(name: str, default: int) -> int:
    """A whole number above 0 from the environment."""
    text = os.environ.get(name, str(default))
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise UsageError(f"{name} is '{text}', not a whole number above 0")
    return int(text)
