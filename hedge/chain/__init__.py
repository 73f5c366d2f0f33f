"""From the logs of chains to facts.

nodes        a node of a chain: JSON-RPC, batches, pauses, answers within bounds
answers      what a node says, as blocks and logs, and whether it can be
configured   the chains and contracts of the deployed seeds, and the URLs of nodes
fetching     the logs and blocks of a range, of one and the same chain
following    a follower: ranges, cursor, reorganizations
backfilling  ranges of blocks before the cursor
status       how far chains are followed, and what lacks
"""
