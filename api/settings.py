"""What the service is told by its environment."""

import os
import secrets
from dataclasses import dataclass, field

from hedge.errors import UsageError


@dataclass(frozen=True)
class Settings:
    """The service's settings; secrets have no default in production."""

    #: Where players and front ends reach the service.
    public_url: str = "http://127.0.0.1:8000"
    is_production: bool = False
    #: Encrypts the session cookie: 32 bytes.
    secret_key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    discord_client_id: str = ""
    discord_client_secret: str = field(default="", repr=False)
    discord_url: str = "https://discord.com"
    #: Front ends on other origins that may call with the player's cookie.
    origins: tuple[str, ...] = ()
    #: How often a minute somebody may begin or end a sign-in, and link a wallet.
    sign_ins_a_minute: int = 30
    links_a_minute: int = 60

    @classmethod
    def read(cls) -> "Settings":
        """Read HEDGE_* variables. In production, one that is missing is a UsageError."""
        is_production = os.environ.get("HEDGE_ENV", "development") == "production"
        given = {
            "public_url": os.environ.get("HEDGE_PUBLIC_URL", "").rstrip("/"),
            "secret_key": os.environ.get("HEDGE_SECRET_KEY", ""),
            "discord_client_id": os.environ.get("HEDGE_DISCORD_CLIENT_ID", ""),
            "discord_client_secret": os.environ.get("HEDGE_DISCORD_CLIENT_SECRET", ""),
        }
        missing = [f"HEDGE_{name.upper()}" for name, value in given.items() if not value]
        if is_production and missing:
            raise UsageError(f"in production {', '.join(missing)} must be set")
        fields = {name: value for name, value in given.items() if value}
        if "secret_key" in fields:
            try:
                fields["secret_key"] = bytes.fromhex(fields["secret_key"])
            except ValueError:
                fields["secret_key"] = b""
            if len(fields["secret_key"]) != 32:
                raise UsageError("HEDGE_SECRET_KEY must be 64 hex digits (openssl rand -hex 32)")
        return cls(
            is_production=is_production,
            discord_url=os.environ.get("HEDGE_DISCORD_URL", cls.discord_url).rstrip("/"),
            sign_ins_a_minute=_number("HEDGE_SIGN_INS_A_MINUTE", cls.sign_ins_a_minute),
            links_a_minute=_number("HEDGE_LINKS_A_MINUTE", cls.links_a_minute),
            origins=tuple(filter(None, os.environ.get("HEDGE_ORIGINS", "").split(","))),
            **fields,
        )


def _number(name: str, standard: int) -> int:
    """A whole number above 0 from the environment."""
    text = os.environ.get(name, str(standard))
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise UsageError(f"{name} is '{text}', not a whole number above 0")
    return int(text)
