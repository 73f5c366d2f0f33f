"""What chains say: their logs and blocks, and how they become facts.

rows         a log and a block, as nodes and exporters give them
files        logs and blocks in files, each format by its own columns
loading      loads files into raw.chain_logs and raw.chain_blocks
storing      writes logs and blocks into the tables, whoever brings them
partitions   detaches the partitions of old blocks, and attaches them again
"""
