"""`make soak`."""

from tests.reliability.histories.run import main

if __name__ == "__main__":
    main()
