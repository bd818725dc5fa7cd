"""YAML text to a tree of nodes, bounded in number and depth: by libyaml, at a twentieth of ruamel.yaml's time."""

from __future__ import annotations

import re
from typing import Any

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.resolver import VersionedResolver
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


class _Composer:
    def __init__(self, text: str, most: int, deepest: int) -> None:
        if _LONG_TAG.search(text):
            raise YAMLError("a tag is longer than 5000 characters")
        self._parser = CParser(text)
        self._resolver = VersionedResolver()
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
        self._resolver = VersionedResolver(start.version)
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
            tag = self._tag(ScalarNode, event, event.value)
            return self._anchored(event, ScalarNode(tag, event.value, event.start_mark, event.end_mark))
        if isinstance(event, SequenceStartEvent):
            return self._sequence(event, depth)
        assert isinstance(event, MappingStartEvent)
        return self._mapping(event, depth)

    def _sequence(self, event: Any, depth: int) -> Node:
        items: list[Node] = []
        node = SequenceNode(self._tag(SequenceNode, event), items, event.start_mark)
        self._anchored(event, node)
        while not isinstance(item := self._next(), SequenceEndEvent):
            items.append(self._node(item, depth + 1))
        return node

    def _mapping(self, event: Any, depth: int) -> Node:
        pairs: list[tuple[Node, Node]] = []
        node = MappingNode(self._tag(MappingNode, event), pairs, event.start_mark)
        self._anchored(event, node)
        while not isinstance(key := self._next(), MappingEndEvent):
            name = self._node(key, depth + 1)
            pairs.append((name, self._node(self._next(), depth + 1)))
        return node

    def _anchored(self, event: Any, node: Node) -> Node:
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _tag(self, kind: type[Node], event: Any, text: str | None = None) -> Any:
        if event.tag in (None, "!"):
            return self._resolver.resolve(kind, text, event.implicit)
        return event.tag
