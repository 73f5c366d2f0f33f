"""Hedge: settings, database, loading, wallets, runs, boards, seasons and the demo world."""

import importlib.metadata
import tomllib
from pathlib import Path


def _version() -> str:
    """The version of the installed distribution, or that of the checkout, which need not be
    installed."""
    try:
        return importlib.metadata.version("hedge-dfk")
    except importlib.metadata.PackageNotFoundError:
        checkout = Path(__file__).resolve().parent.parent / "pyproject.toml"
        return str(tomllib.loads(checkout.read_text())["project"]["version"])


__version__ = _version()
