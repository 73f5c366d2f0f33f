"""`python -m tests.contracts` compiles Game.sol into Game.json."""

from tests.contracts.compiling import main

if __name__ == "__main__":
    main()
