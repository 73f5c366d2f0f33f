"""Logs and blocks in files, each format by its own columns; nothing is converted beforehand.

with open_chain_file("logs.parquet", LOGS, chain=None) as (source, progress):
    for read in source.read():
        ...

kinds      what a file of logs is, and a file of blocks
columns    rows of named columns: ethereum-etl and cryo
json       what nodes answer: an object on every line, or whole answers
csv        CSV of ethereum-etl and cryo
parquet    Parquet of cryo
opening    opens a file and recognizes its format
"""

from hedge.chain.files.kinds import BLOCKS, LOGS, Kind, Read, Source, Unreadable
from hedge.chain.files.opening import open_chain_file

__all__ = ["BLOCKS", "LOGS", "Kind", "Read", "Source", "Unreadable", "open_chain_file"]
