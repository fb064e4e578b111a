"""What other processes do to a mailbox: little to import, for they are started by the dozen."""

from itertools import count

from installation.stage.shared import SharedLatest

WORD_BYTES = 8


def coined(number: int) -> bytes:
    """A payload that shows whether it is whole: its number over and over, and a length that goes with it."""
    return number.to_bytes(WORD_BYTES, "little") * (1000 + number % 1000)


def number_in(payload: bytes) -> int:
    """The number of a payload that is whole."""
    number = int.from_bytes(payload[:WORD_BYTES], "little")
    assert payload == coined(number)
    return number


def post_for_ever(name: str, first: int) -> None:
    """Until killed, one after the other, from a number on."""
    mailbox = SharedLatest.attached(name)
    for number in count(first):
        mailbox.post(coined(number), number)
