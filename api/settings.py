"""The settings of the service."""

import secrets
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network

from hedge import settings


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
    #: Rate limits a minute: sign-ins by address, links of wallets by account.
    sign_ins_a_minute: int = 30
    links_a_minute: int = 60
    admin_sign_ins_a_minute: int = 10
    past_ends_a_minute: int = 30
    #: What /metrics wants as a bearer token; nothing where it is empty.
    metrics_token: str = field(default="", repr=False)
    #: The node that is asked whether a wallet that is a contract accepts a signature.
    evm_rpc_url: str = field(default="", repr=False)
    #: Days after which a session that nobody uses has ended.
    session_idle_days: int = 14
    #: How many streams of events an address, and all together, may have open in a process.
    streams_per_address: int = 20
    streams: int = 5000
    #: The networks of proxies, whose forwarding headers are believed.
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def read(cls) -> "Settings":
        """The settings from HEDGE_* variables. What is wrong with them is a UsageError, with a
        sentence per line."""
        settings.require_valid(of_service=True)
        return cls(
            public_url=settings.value("HEDGE_PUBLIC_URL"),
            is_production=settings.is_production(),
            secret_key=settings.value("HEDGE_SECRET_KEY") or secrets.token_bytes(32),
            discord_client_id=settings.value("HEDGE_DISCORD_CLIENT_ID") or "",
            discord_client_secret=settings.value("HEDGE_DISCORD_CLIENT_SECRET") or "",
            discord_url=settings.value("HEDGE_DISCORD_URL"),
            sign_ins_a_minute=settings.value("HEDGE_SIGN_INS_A_MINUTE"),
            links_a_minute=settings.value("HEDGE_LINKS_A_MINUTE"),
            admin_sign_ins_a_minute=settings.value("HEDGE_ADMIN_SIGN_INS_A_MINUTE"),
            past_ends_a_minute=settings.value("HEDGE_PAST_ENDS_A_MINUTE"),
            metrics_token=settings.value("HEDGE_METRICS_TOKEN") or "",
            evm_rpc_url=settings.value("HEDGE_EVM_RPC_URL") or "",
            session_idle_days=settings.value("HEDGE_SESSION_IDLE_DAYS"),
            streams_per_address=settings.value("HEDGE_STREAMS_PER_ADDRESS"),
            streams=settings.value("HEDGE_STREAMS"),
            trusted_proxies=settings.value("HEDGE_TRUSTED_PROXIES") or (),
            origins=settings.value("HEDGE_ORIGINS") or (),
        )
