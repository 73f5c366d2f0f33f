"""The library of Hedge: settings, database, loading, wallets, runs and the demo world."""

#: The version of the distribution hedge-dfk, which the dbt project shares (hedge-files.json).
__version__ = "0.2.0"
