"""What a question can name, as SQL over one row ``c`` of the wide table.

    BuiltIn        a column of every project, or what is computed of some
    Registered     a registered metric: its column
    Written        the writes of a name: one source of a metric (X@agent), or what nobody registered
    Disagreement   X@disagreement
    JsonPath       state.path.to.value, attributes.x
    Transcript     what was said

Each gives ``value`` (NULL where unknown). Those whose kind is "natural" also give ``type``, ``number`` and
``text``, because each value came with a type of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from aftercall.catalog.definitions import MetricDefinition
from aftercall.metrics.builtin.disagreement import disagreement_of
from aftercall.metrics.facts import Facts, written
from aftercall.metrics.query import Source
from aftercall.metrics.scope import Sql
from aftercall.model.events import SOURCE_RANK
from aftercall.store.engine import quoted

UNUSABLE = "('', 'null', 'invalid')"
"""Types of what is no value: nothing written, nothing known, or it does not fit."""


@dataclass(frozen=True, eq=False, repr=False)
class Operand:
    """Two that show the same are the same: see rewrite.py."""

    facts: Facts

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.facts.name!r})"

    @property
    def writable(self) -> bool:
        """Whether "written", "null" and "invalid" are different things for it."""
        return False

    def value(self, sql: Sql) -> str:
        return self.facts.expression(sql)

    def known(self, sql: Sql) -> str:
        return written(self.facts.known, sql) or f"isNotNull({self.value(sql)})"

    def true(self, sql: Sql) -> str:
        """Of a boolean; NULL, which counts as false, where it is unknown."""
        return written(self.facts.true, sql) or self.value(sql)

    def written(self, sql: Sql) -> str:
        raise AssertionError("not writable")

    def null(self, sql: Sql) -> str:
        """Whether what was written says that nothing is known."""
        raise AssertionError("not writable")

    def invalid(self, sql: Sql) -> str:
        raise AssertionError("not writable")

    def type(self, sql: Sql) -> str:
        raise AssertionError("not natural")

    def number(self, sql: Sql) -> str:
        raise AssertionError("not natural")

    def text(self, sql: Sql) -> str:
        raise AssertionError("not natural")


@dataclass(frozen=True, eq=False, repr=False)
class BuiltIn(Operand):
    pass


@dataclass(frozen=True, eq=False, repr=False)
class Transcript(Operand):
    pass


@dataclass(frozen=True, eq=False, repr=False)
class Registered(Operand):
    definition: MetricDefinition

    @property
    def writable(self) -> bool:
        return True

    def value(self, sql: Sql) -> str:
        return f"c.{quoted(self.definition.column)}"

    def written(self, sql: Sql) -> str:
        return f"has(c.metrics_written, {sql.values.text(self.definition.name)})"

    def null(self, sql: Sql) -> str:
        return f"has(c.metrics_null, {sql.values.text(self.definition.name)})"

    def invalid(self, sql: Sql) -> str:
        return f"has(c.metrics_invalid, {sql.values.text(self.definition.name)})"


@dataclass(frozen=True, eq=False, repr=False)
class Written(Operand):
    """The write that counts, of one source or of the highest that wrote. ``facts.type`` is natural where
    nobody registered the name: then the value is its text."""

    name: str
    source: Source | None

    @property
    def writable(self) -> bool:
        return True

    def place(self, sql: Sql) -> str:
        """The place of that write in the arrays; 0: none. Beyond the end an array gives its empty value."""
        name = sql.values.text(self.name)
        if self.source is not None:
            matches = f"n = {name} AND s = '{self.source}'"
            return f"arrayLastIndex((n, s) -> {matches}, c.write_names, c.write_sources)"
        ranks = ", ".join(str(rank) for rank in SOURCE_RANK.values())
        sources = ", ".join(f"'{source}'" for source in SOURCE_RANK)
        # The later of the highest rank: rank and place as one number. Ranks begin at 0.
        each = f"if(n = {name}, (transform(s, [{sources}], [{ranks}], 0) + 1) * 4294967296 + i, 0)"
        arrays = "c.write_names, c.write_sources, arrayEnumerate(c.write_names)"
        return f"toUInt32(bitAnd(arrayMax((n, s, i) -> toUInt64({each}), {arrays}), 4294967295))"

    def type(self, sql: Sql) -> str:
        return f"c.write_types[{self.place(sql)}]"

    def number(self, sql: Sql) -> str:
        return f"c.write_numbers[{self.place(sql)}]"

    def text(self, sql: Sql) -> str:
        return f"c.write_texts[{self.place(sql)}]"

    def value(self, sql: Sql) -> str:
        return f"if({self.type(sql)} IN {UNUSABLE}, NULL, {self._typed(sql)})"

    def _typed(self, sql: Sql) -> str:
        if self.facts.type == "boolean":
            return f"{self.number(sql)} = 1"
        if self.facts.type == "number":
            return self.number(sql)
        if self.facts.type == "integer":
            return f"toInt64OrNull({self.text(sql)})"
        return self.text(sql)

    def written(self, sql: Sql) -> str:
        return f"{self.type(sql)} != ''"

    def null(self, sql: Sql) -> str:
        return f"{self.type(sql)} = 'null'"

    def invalid(self, sql: Sql) -> str:
        return f"{self.type(sql)} = 'invalid'"


@dataclass(frozen=True, eq=False, repr=False)
class Disagreement(Operand):
    name: str

    def value(self, sql: Sql) -> str:
        return disagreement_of(sql.values.text(self.name), says_no=self.name in sql.says_no)


_JSON_TYPES = """['"', 't', 'f', 'n', '{', '[', '']"""
_NATURAL_TYPES = "['text', 'boolean', 'boolean', 'null', 'null', 'null', '']"
"""By the first character of a JSON value; what is not there is empty, and all others are numbers."""


@dataclass(frozen=True, eq=False, repr=False)
class JsonPath(Operand):
    """``column`` is state or attributes. A step of digits is also a place in a list, from 0. What is not
    there is as unknown as a null, and so are objects and lists, which have no value of their own."""

    column: str
    path: tuple[str, ...]

    def _raw(self, sql: Sql) -> str:
        """The value at the path as JSON: the one time that the whole is parsed. Steps that may be a place in
        a list go one at a time."""
        inside, steps = f"c.{self.column}", ""
        for step in self.path[:-1]:
            if _is_place(step):
                inside, steps = _at(sql, inside + steps, step), ""
            else:
                steps += f", {sql.values.text(step)}"
        return _at(sql, inside + steps, self.path[-1])

    def type(self, sql: Sql) -> str:
        return f"transform(substring({self._raw(sql)}, 1, 1), {_JSON_TYPES}, {_NATURAL_TYPES}, 'number')"

    def number(self, sql: Sql) -> str:
        raw = self._raw(sql)
        return f"if({raw} = 'true', 1, toFloat64OrZero({raw}))"

    def text(self, sql: Sql) -> str:
        raw = self._raw(sql)
        return f"if({self.type(sql)} = 'text', JSONExtractString({raw}), {raw})"

    def value(self, sql: Sql) -> str:
        if any(map(_is_place, self.path)):
            return f"if({self.type(sql)} IN {UNUSABLE}, NULL, {self.text(sql)})"
        # Parsed once: only what begins as an object or a list may be one, and is looked at again.
        steps = ", ".join(sql.values.text(step) for step in self.path)
        told = f"JSONExtract(c.{self.column}, {steps}, 'Nullable(String)')"
        return f"if(substring({told}, 1, 1) IN ('{{', '[') AND {self.type(sql)} != 'text', NULL, {told})"


def _at(sql: Sql, inside: str, step: str) -> str:
    found = f"JSONExtractRaw({inside}, {sql.values.text(step)})"
    if not _is_place(step):
        return found
    place = sql.values.number(int(step) + 1)
    return f"if(JSONType({inside}) = 'Array', JSONExtractRaw({inside}, {place}), {found})"


def _is_place(step: str) -> bool:
    return step.isascii() and step.isdigit() and len(step) <= 6
