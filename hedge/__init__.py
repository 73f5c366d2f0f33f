"""The engine room of Hedge: settings, database, loading, wallets, runs and the made-up world."""
