"""The loader: located nodes, YAML 1.2 scalars, and every hostile file refused with a place."""

from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from installation.notation.problems import InvalidScore
from installation.notation.yaml_nodes import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_NODES,
    ListNode,
    MapNode,
    ScalarNode,
    read_nodes,
)


def refusal(raw: bytes | str) -> str:
    with pytest.raises(InvalidScore) as caught:
        read_nodes(raw if isinstance(raw, bytes) else raw.encode(), "a.yaml")
    return str(caught.value)


def faults(text: str) -> list[str]:
    return [str(problem) for problem in read_nodes(text.encode(), "a.yaml").problems]


def scalar(written: str) -> object:
    root = read_nodes(f"key: {written}\n".encode(), "a.yaml").root
    assert isinstance(root, MapNode)
    leaf = root.entries[0].value
    assert isinstance(leaf, ScalarNode)
    return leaf.value


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("10:30", "10:30"),  # 630 in YAML 1.1
        ("09:30", "09:30"),
        ("off", "off"),
        ("no", "no"),
        ("Yes", "Yes"),
        ("True", "True"),
        ("true", True),
        ("false", False),
        ("010", 10),  # 8 in YAML 1.1
        ("0o10", "0o10"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("1e-3", 0.001),  # text in PyYAML
        ("1.", 1.0),
        (".5", 0.5),
        ("-7", -7),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("1e400", "1e400"),
        ("2026-01-06", "2026-01-06"),
        ("~", None),
        ("", None),
        ("'12'", "12"),
        ('"true"', "true"),
        ("=", "="),
    ],
)
def test_scalars_follow_yaml_1_2(written: str, value: object) -> None:
    read = scalar(written)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize("key", ["on", "no", "010", "1e3", "~", "true"])
def test_keys_are_always_text(key: str) -> None:
    root = read_nodes(f"{key}: 1".encode(), "a.yaml").root
    assert isinstance(root, MapNode)
    assert root.entries[0].key.text == key


def test_nodes_know_their_place() -> None:
    root = read_nodes(b"\xef\xbb\xbftop:\r\n  - one\r\n  - {two: 3}\r\n", "a.yaml").root
    assert isinstance(root, MapNode)
    items = root.entries[0].value
    assert isinstance(items, ListNode)
    assert [(item.line, item.column) for item in items.items] == [(2, 5), (3, 5)]


def test_duplicate_keys_name_both_lines() -> None:
    assert faults("a: 1\nb: 2\na: 3\nc: {d: 1, d: 2}\n") == [
        "a.yaml:3:1: duplicate key 'a'; it is already on line 1",
        "a.yaml:4:11: duplicate key 'd'; it is already in this line",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "a: !!python/object:os.system x",
            "a.yaml:1:4: tags ('!!python/object:os.system') are not read; remove it",
        ),
        ("a: ! x", "a.yaml:1:4: tags ('!') are not read; remove it"),
        ("a: &b x", "a.yaml:1:4: anchors ('&b') are not read; write the value out where it is used"),
        ("a: {<<: {b: 1}}", "a.yaml:1:5: merge keys ('<<') are not read; write the values out"),
        ("? [a]\n: 1", "a.yaml:1:3: a list or mapping as a key; a key is plain text"),
        (r'a: "\0"', "a.yaml:1:4: text with a control character; remove its escape sequence"),
        (r'a: "\ud800"', "a.yaml:1:4: text with a control character; remove its escape sequence"),
    ],
)
def test_faults_that_do_not_stop_the_reading(text: str, fault: str) -> None:
    assert faults(text) == [fault]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("", "a.yaml:1:1: the file is empty; it begins with 'version: 1'"),
        ("# only a comment\n", "a.yaml:1:1: the file is empty; it begins with 'version: 1'"),
        (b"a: 1\nb: \xe9t\xe9", "a.yaml:2:4: byte 0xE9 is not UTF-8; save the file as UTF-8"),
        ("a: 1\nb: \0", "a.yaml:2:4: character U+0000 cannot stand in a text file; remove it"),
        ("a: 1\n\u2028b: 1", "a.yaml:2:1: character U+2028 cannot stand in a text file; remove it"),
        ("a: 1\n\ufeffb: 1", "a.yaml:2:1: character U+FEFF cannot stand in a text file; remove it"),
        ("a:\n\tb: 1", "a.yaml:2:1: a tab; indent with spaces"),
        ("a:\n  \tb: 1", "a.yaml:2:3: a tab; indent with spaces"),
        ("a: *b", "a.yaml:1:4: aliases ('*') are not read; write the value out, or use quotes"),
        ("a: 1\n---\nb: 1", "a.yaml:2:1: a second document ('---'); a file holds one"),
        ("a: b: c", "a.yaml:1:5: a second ': ' in one line; put the text in quotes"),
        ("a: {b: 1", "a.yaml:1:4: a bracket that is not closed"),
        ("a: 'b", "a.yaml:1:4: a quote that is not closed"),
        ("a: 1\n b: 1", "a.yaml:2:2: indented deeper than line 1, which has a value already"),
        (r'a: "\UFFFFFFFF"', "a.yaml:1:1: what follows has an escape or a directive out of range; remove it"),
        (
            "%YAML 1." + "9" * 5000 + "\n---\n",
            "a.yaml:1:1: what follows has an escape or a directive out of range; remove it",
        ),
    ],
)
def test_unreadable_files_are_refused_with_a_place(raw: bytes | str, message: str) -> None:
    assert refusal(raw) == message


def test_limits() -> None:
    assert refusal(b"a" * (MAX_BYTES + 1)) == "a.yaml:1:1: the file has 262145 bytes; at most 262144 are read"
    assert refusal("[" * 50_000) == "a.yaml:1:33: nested deeper than 32 levels"
    assert refusal("{a: " * 50_000) == "a.yaml:1:129: nested deeper than 32 levels"
    assert refusal("[" + "0," * MAX_NODES + "]") == "a.yaml:1:20000: more than 10000 values; split the file"
    assert refusal("\t\n" * 100_000) == "a.yaml:1:1: a tab; indent with spaces"
    read_nodes(("[" * MAX_DEPTH + "]" * MAX_DEPTH).encode(), "a.yaml")


def test_a_merge_bomb_is_refused_at_its_first_alias() -> None:
    levels = [
        f"{name}: &{name} {{<<: [{', '.join(9 * [f'*{before}'])}]}}\n"
        for before, name in pairwise("abcdefghijklmno")
    ]
    bomb = "a: &a {x: 1, y: 2}\n" + "".join(levels)
    assert len(bomb) < 752
    assert refusal(bomb) == "a.yaml:2:13: aliases ('*') are not read; write the value out, or use quotes"


@given(st.one_of(st.binary(max_size=200), st.text(alphabet="ab01:-?{}[],&*!|>'\"%@#\n .~", max_size=120)))
def test_nothing_but_invalid_score_comes_out(raw: bytes | str) -> None:
    with suppress(InvalidScore):
        read_nodes(raw if isinstance(raw, bytes) else raw.encode(), "a.yaml")


@pytest.mark.parametrize(
    ("written", "number", "value"),
    [
        ("0,6", "0.6", 0.6),
        ("-2,5", "-2.5", -2.5),
        ("1,5s", "1.5s", "1.5s"),
        ("1s..2,5s", "1s..2.5s", "1s..2.5s"),
    ],
)
def test_a_decimal_comma_in_braces_is_told_once_and_read_as_it_is_meant(
    written: str, number: str, value: object
) -> None:
    rest = written.partition(",")[2]
    message = f"'{rest}' after a comma; decimals have a point, such as {number}"
    assert faults(f"{{a: {written}, b: 1}}") == [f"a.yaml:1:{6 + written.index(',')}: {message}"]
    root = read_nodes(f"{{a: {written}, b: 1}}".encode(), "s.yaml").root
    assert isinstance(root, MapNode)
    assert [(entry.key.text, getattr(entry.value, "value", None)) for entry in root.entries] == [
        ("a", value),
        ("b", 1),
    ]


def test_several_decimal_commas_are_no_duplicate_keys() -> None:
    message = "'5' after a comma; decimals have a point, such as 0.5"
    assert faults("{a: 0,5, b: 0,5, c: {d: 0,5 }}") == [
        f"a.yaml:1:{column}: {message}" for column in (7, 15, 27)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "{5}",
        "{a: x, 5}",
        "{a: 0.8, 15}",
        "{a: 1, 15: }",
        "{a: 1, 15: 2}",
        "{a: 1, b}",
        "{a: {}, 5}",
        "a: 1\n5:\n",
    ],
)
def test_numbers_as_keys_are_no_decimals(text: str) -> None:
    assert faults(text) == []
