"""A process that saves where a show stands, again and again, until it is killed."""

import sys
from itertools import count
from pathlib import Path

from installation.saving import PRIVATE, replace_file
from installation.supervision.state import payload_of
from tests.supervision.workers import kept

if __name__ == "__main__":
    path = Path(sys.argv[1])
    for number in count():
        replace_file(path, payload_of(kept(number), Path("s.yaml")), mode=PRIVATE)
        if number == 0:
            sys.stdout.write("begun\n")
            sys.stdout.flush()
