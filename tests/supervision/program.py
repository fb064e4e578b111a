"""A supervised show whose worker draws grey squares, as a program of its own: to be killed."""

from installation.supervision.supervise import supervise
from tests.supervision.walls import PLAN
from tests.supervision.workers import drawing, resident

if __name__ == "__main__":
    supervise(PLAN, drawing(resident))
