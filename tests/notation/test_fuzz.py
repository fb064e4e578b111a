"""A share of the fuzzing, small enough for every change: see `fuzz.py`."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.notation.editor import is_accepted
from tests.notation.fuzz import SCHEMA, WORDS, fuzz, mutated, play, read, seeds

VALID = seeds()


@settings(max_examples=100, derandomize=True, deadline=None, database=None)
@given(st.sampled_from(VALID), st.randoms(use_true_random=False))
def test_valid_files_gone_wrong_are_refused_or_played(text: str, dice: random.Random) -> None:
    raw = mutated(dice, text)
    score = read(raw)
    if score is not None:
        assert is_accepted(raw, SCHEMA)
        assert play(score)


@settings(max_examples=100, derandomize=True, deadline=None, database=None)
@given(st.lists(st.sampled_from((*WORDS, "\n", "\n  ", ": ", " ")), max_size=80).map("".join))
def test_text_that_looks_like_yaml_is_refused_or_read(text: str) -> None:
    read(text.encode())


@settings(max_examples=100, derandomize=True, deadline=None, database=None)
@given(st.binary(max_size=300))
def test_bytes_are_refused(raw: bytes) -> None:
    assert read(raw) is None


def test_the_valid_files_are_played_and_a_share_of_the_wrong_ones_too() -> None:
    for text in VALID:
        score = read(text.encode())
        assert score is not None
        assert play(score)
    figures = fuzz(40)
    assert figures["crashes"] == 0
    assert 0 < figures["accepted"] < figures["files"] == 40
    assert figures["largest_mb"] < 20
