"""YAML 1.2 text to a tree of nodes, bounded in number and depth: by libyaml, at a twentieth of ruamel.yaml's time."""

from __future__ import annotations

import re
from typing import Any

from yaml.composer import ComposerError
from yaml.cyaml import CParser
from yaml.error import YAMLError
from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

TAG = "tag:yaml.org,2002:"


class TooManyNodes(ValueError):
    """The text has more values and keys than allowed."""


class TooDeep(ValueError):
    """The text is nested more deeply than allowed."""


def compose(text: str, most: int, deepest: int) -> Node | None:
    """The one document of ``text``; None if there is none. An alias is the very node that it names.

    Reading stops at what would be too much. Raises TooManyNodes, TooDeep, YAMLError, and ValueError for
    text that can't be UTF-8.
    """
    return _Composer(text, most, deepest).document()


_LONG_TAG = re.compile(r"![^\s\"]{5000}")
"""libyaml's time for a tag goes with the square of its length."""
_PLAIN = re.compile(
    r"""(?P<null> ~ | null | Null | NULL | )
    | (?P<bool> true | True | TRUE | false | False | FALSE)
    | (?P<int> [-+]?[0-9]+)
    | (?P<float> [-+]?[0-9][0-9_]*\.[0-9_]*([eE][-+]?[0-9]+)? | [-+]?[0-9][0-9_]*[eE][-+]?[0-9]+
        | [-+]?\.[0-9_]+([eE][-+][0-9]+)? | [-+]?\.(inf|Inf|INF) | \.(nan|NaN|NAN))
    | (?P<merge> <<)""",
    re.X,
)
"""What a scalar without quotes is, if no text: YAML 1.2 less octal and binary numbers, which stay text."""


class _Composer:
    def __init__(self, text: str, most: int, deepest: int) -> None:
        if _LONG_TAG.search(text):
            raise YAMLError("a tag is longer than 5000 characters")
        self._parser = CParser(text)
        self._left = most
        self._deepest = deepest
        self._anchors: dict[str, Node] = {}

    def document(self) -> Node | None:
        self._next()  # the stream's start
        start = self._next()
        if isinstance(start, StreamEndEvent):
            return None
        if start.tags:  # each use of a prefix takes its whole length
            raise ComposerError(None, None, "%TAG directives are not supported", start.start_mark)
        node = self._node(self._next(), 0)
        self._next()  # the document's end
        after = self._next()
        if not isinstance(after, StreamEndEvent):
            raise ComposerError(None, None, "there is another document in the file", after.start_mark)
        return node

    def _next(self) -> Any:
        return self._parser.get_event()

    def _node(self, event: Any, depth: int) -> Node:
        self._left -= 1
        if self._left < 0:
            raise TooManyNodes
        if depth > self._deepest:
            raise TooDeep
        if isinstance(event, AliasEvent):
            if event.anchor not in self._anchors:
                raise ComposerError(None, None, f"found undefined alias '{event.anchor}'", event.start_mark)
            return self._anchors[event.anchor]
        if isinstance(event, ScalarEvent):
            tag = _tag(event, _plain(event.value) if event.implicit[0] else "str")
            return self._anchored(event, ScalarNode(tag, event.value, event.start_mark, event.end_mark))
        if isinstance(event, SequenceStartEvent):
            return self._sequence(event, depth)
        assert isinstance(event, MappingStartEvent)
        return self._mapping(event, depth)

    def _sequence(self, event: Any, depth: int) -> Node:
        items: list[Node] = []
        node = SequenceNode(_tag(event, "seq"), items, event.start_mark)
        self._anchored(event, node)
        while not isinstance(item := self._next(), SequenceEndEvent):
            items.append(self._node(item, depth + 1))
        return node

    def _mapping(self, event: Any, depth: int) -> Node:
        pairs: list[tuple[Node, Node]] = []
        node = MappingNode(_tag(event, "map"), pairs, event.start_mark)
        self._anchored(event, node)
        while not isinstance(key := self._next(), MappingEndEvent):
            name = self._node(key, depth + 1)
            pairs.append((name, self._node(self._next(), depth + 1)))
        return node

    def _anchored(self, event: Any, node: Node) -> Node:
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node


def _tag(event: Any, kind: str) -> str:
    return TAG + kind if event.tag in (None, "!") else str(event.tag)


def _plain(text: str) -> str:
    found = _PLAIN.fullmatch(text)
    return (found and found.lastgroup) or "str"
