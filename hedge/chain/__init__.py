"""What chains say: their logs and blocks, and how they become facts.

rows         a log and a block, as nodes and exporters give them
files        logs and blocks in files, each format by its own columns
loading      loads files into raw.chain_logs and raw.chain_blocks
storing      writes logs and blocks into the tables, whoever brings them
partitions   detaches the partitions of old blocks, and attaches them again
facts        writes the facts of logs into a raw table, beside those of files
targets      a raw table that logs feed, with its view
fitting      whether a raw table admits a value
called       what calls of contracts supply while logs are decoded
calling      makes the calls that facts want
decoding     decodes the logs of blocks in which something was written
nodes        a node of a chain: JSON-RPC, batches, pauses, answers within bounds
refusals     what nodes refuse, and sentences without secrets
answers      what a node says, held to what was asked
configured   the chains and contracts of the deployed seeds, and the URLs of nodes
fetching     the logs and blocks of a range, of one and the same chain
writing      the logs, blocks, cursor and coverage of a range, in one transaction
following    a follower: ranges, cursor, reorganizations
backfilling  ranges of blocks before the cursor
running      followers at work, in the command and beside a worker
waking       what new logs lead to: decoding, and a run
status       how far chains are followed, and what lacks
"""
