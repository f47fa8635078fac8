"""YAML from outside: read whole or refused with its place, whatever it tries.

PyYAML by itself takes the last of two equal keys without a word, follows aliases into structures that
never end, and its C reader overflows the stack on deep nesting, which no handler can catch.
"""

from __future__ import annotations

from typing import Any

import yaml

MAX_CHARACTERS = 2 * 1024 * 1024
DEEPEST = 64
MOST_NODES = 500_000
"""With every alias written out."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Unreadable(ValueError):
    """The message says what is wrong, and where."""


def read_yaml(text: str) -> tuple[Any, dict[str, int]]:
    """The value, and for each key of its outermost mapping the line it stands in, from 1."""
    if len(text) > MAX_CHARACTERS:
        raise Unreadable(f"it has {len(text):,} characters: {MAX_CHARACTERS:,} at most")
    try:
        _check_depth(text)
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return None, {}
            _check_size(node)
            _check_keys(node, set())
            return loader.construct_document(node), _lines(node)
        finally:
            loader.dispose()
    except Unreadable:
        raise
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        raise Unreadable(_one_line(error)) from error
    except (AttributeError, TypeError, LookupError) as error:  # PyYAML on tags that do not fit their value
        raise Unreadable(f"a tag does not fit its value ({_one_line(error)})") from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


def _check_depth(text: str) -> None:
    """By events, which need no stack."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                raise Unreadable(f"{_place(event)}: nested deeper than {DEEPEST} levels")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _check_size(node: yaml.Node) -> None:
    sizes: dict[int, int] = {}
    if _size(node, sizes, set()) > MOST_NODES:
        raise Unreadable(f"with its aliases written out it has more than {MOST_NODES:,} values")


def _size(node: yaml.Node, sizes: dict[int, int], within: set[int]) -> int:
    """Each node is counted once; what refers to it adds its size again."""
    if id(node) in within:
        raise Unreadable(f"{_place(node)}: it contains itself")
    if id(node) not in sizes:
        within.add(id(node))
        sizes[id(node)] = 1 + sum(_size(child, sizes, within) for child in _children(node))
        within.discard(id(node))
    return sizes[id(node)]


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _check_keys(node: yaml.Node, seen: set[int]) -> None:
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        keys: set[tuple[str, str]] = set()
        for key, _ in node.value:
            place = _place(key)
            if not isinstance(key, yaml.ScalarNode):
                raise Unreadable(f"{place}: a key must be a text")
            if (key.tag, key.value) in keys and key.tag != "tag:yaml.org,2002:merge":
                raise Unreadable(f"{place}: {key.value!r:.80} is there twice")
            keys.add((key.tag, key.value))
    for child in _children(node):
        _check_keys(child, seen)


def _place(part: Any) -> str:
    return f"line {part.start_mark.line + 1}"


def _lines(node: yaml.Node) -> dict[str, int]:
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {str(key.value): key.start_mark.line + 1 for key, _ in node.value}
