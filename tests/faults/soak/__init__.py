"""The soak: some minutes of random actions and disasters, and then a computation from nothing.

running      a server, workers, commands in progress, and the sequence of steps
actions      what players, operators and programs do
disasters    what goes wrong
accidents    what operators and machines do by accident, and how it is repaired
ending       what must hold when a soak has settled
town         the facts, wallets, boards and the season that a soak begins with
commands     commands in processes of their own, and what they may end with
servers      servers of PostgreSQL that a soak may stop and kill
"""
