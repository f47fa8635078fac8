from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from aftercall.catalog import Catalog, Project
from aftercall.errors import Conflict, InvalidInput, NotFound
from aftercall.model.values import DEFAULT_EMPTY_VALUES
from tests.catalog import processes


def test_register_and_list(catalog: Catalog, other: Catalog, project: Project) -> None:
    made = catalog.metrics.register(
        project.id,
        "CALL_REASON",
        "categorical",
        options=["billing", "sales"],
        empty_values=[""],
        display_name="Call reason",
        definition="Why they called.\nIn their words.",
        unit="",
    )
    assert made.column == "CALL_REASON"
    assert (made.type, made.options, made.empty_values) == ("categorical", ("billing", "sales"), ("",))
    assert (made.auto, made.active, made.project_id) == (False, True, project.id)
    registry = other.metrics.list(project.id)
    assert registry.metrics == (made,)
    assert registry.revision == other.metrics.revision(project.id) == 1
    assert registry.by_name == {"CALL_REASON": made}
    assert registry.by_column == {"CALL_REASON": made}
    assert other.projects.get("star").registry_revision == 1


def test_defaults(catalog: Catalog, project: Project) -> None:
    made = catalog.metrics.register(project.id, "X", "boolean")
    assert (made.display_name, made.definition, made.unit, made.options) == ("X", "", "", ())
    assert made.empty_values == DEFAULT_EMPTY_VALUES == ("", "no", "none", "n/a", "not mentioned")


def test_names_are_kept_exactly(catalog: Catalog, project: Project) -> None:
    names = [" X", "x", "X", "X ", "é", "e\u0301", "名前", "a'b\"c`d\\", "😀" * 200]
    for name in names:
        catalog.metrics.register(project.id, name, "text")
    assert [metric.name for metric in catalog.metrics.list(project.id).metrics] == names
    assert catalog.metrics.revision(project.id) == len(names)


def test_a_name_is_there_once_per_project(catalog: Catalog, project: Project) -> None:
    catalog.metrics.register(project.id, "X", "text")
    with pytest.raises(Conflict) as caught:
        catalog.metrics.register(project.id, "X", "number")
    assert caught.value.code == "METRIC_EXISTS"
    assert catalog.metrics.revision(project.id) == 1
    second = catalog.projects.create("second")
    assert catalog.metrics.register(second.id, "X", "number").column == "X"
    assert catalog.metrics.revision(project.id) == 1


def test_the_database_itself_refuses_two_columns_of_one_name(catalog: Catalog, project: Project) -> None:
    catalog.metrics.register(project.id, "a", "text")
    catalog.metrics.register(project.id, "b", "text")
    with pytest.raises(IntegrityError), catalog.write() as session:
        session.execute(text("UPDATE metrics SET column_name = 'A' WHERE name = 'b'"))


def test_update(catalog: Catalog, project: Project) -> None:
    made = catalog.metrics.register(project.id, "X", "text")
    changed = catalog.metrics.update(project.id, "X", type="categorical", options=["a"], unit="calls")
    assert (changed.type, changed.options, changed.unit) == ("categorical", ("a",), "calls")
    assert (changed.id, changed.column, changed.display_name) == (made.id, made.column, "X")
    assert changed.updated_at >= made.updated_at
    assert catalog.metrics.update(project.id, "X", active=False).active is False
    assert catalog.metrics.update(project.id, "X", type="number").options == ()
    assert catalog.metrics.revision(project.id) == 4


def test_an_update_that_changes_nothing_is_no_revision(catalog: Catalog, project: Project) -> None:
    made = catalog.metrics.register(project.id, "X", "text", unit="s")
    assert catalog.metrics.update(project.id, "X", unit="s", type="text", active=True) == made
    assert catalog.metrics.update(project.id, "X") == made
    assert catalog.metrics.revision(project.id) == 1


def test_a_refused_change_leaves_nothing_behind(catalog: Catalog, project: Project) -> None:
    made = catalog.metrics.register(project.id, "X", "text")
    with pytest.raises(InvalidInput) as caught:
        catalog.metrics.update(project.id, "X", type="categorical", unit="s")
    assert caught.value.code == "METRIC_OPTIONS_MISSING"
    with pytest.raises(InvalidInput) as caught:
        catalog.metrics.register(project.id, "Y", "number", options=["a"])
    assert caught.value.code == "METRIC_OPTIONS_UNEXPECTED"
    assert catalog.metrics.list(project.id).metrics == (made,)
    assert catalog.metrics.revision(project.id) == 1


def test_what_is_missing_is_named(catalog: Catalog, project: Project) -> None:
    with pytest.raises(NotFound) as caught:
        catalog.metrics.update(project.id, "X", unit="s")
    assert caught.value.code == "METRIC_NOT_FOUND"
    for ask in (
        lambda: catalog.metrics.list(999),
        lambda: catalog.metrics.revision(999),
        lambda: catalog.metrics.register(999, "X", "text"),
        lambda: catalog.metrics.update(999, "X", unit="s"),
        lambda: catalog.metrics.auto_register(999, [("X", "text")]),
    ):
        with pytest.raises(NotFound) as caught:
            ask()
        assert caught.value.code == "PROJECT_NOT_FOUND"


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": "x" * 201},
        {"name": "a\nb"},
        {"name": "a\x7f"},
        {"name": "a\0"},
        {"name": "\ud83d"},
        {"name": None},
        {"type": "float"},
        {"type": None},
        {"type": ["text"]},
        {"type": "categorical"},
        {"type": "categorical", "options": "abc"},
        {"type": "categorical", "options": ["a", "A"]},
        {"type": "categorical", "options": ["a", " a"]},
        {"type": "categorical", "options": [""]},
        {"type": "categorical", "options": ["\0"]},
        {"type": "categorical", "options": [1]},
        {"type": "categorical", "options": [str(number) for number in range(1001)]},
        {"empty_values": ["\ud800"]},
        {"empty_values": 3},
        {"display_name": ""},
        {"display_name": "\0"},
        {"definition": "\0"},
        {"definition": "x" * 10_001},
        {"unit": "a\tb"},
    ],
)
def test_bad_fields_are_refused_before_the_database(standing: Catalog, fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        standing.metrics.register(
            standing.projects.get("standing").id, **({"name": "X", "type": "text"} | fields)
        )
    assert standing.metrics.list(standing.projects.get("standing").id).metrics == ()


def test_auto_register_enters_what_is_missing(catalog: Catalog, project: Project) -> None:
    known = catalog.metrics.register(project.id, "KNOWN", "integer")
    answer = catalog.metrics.auto_register(
        project.id, [("NEW", "boolean"), ("KNOWN", "text"), ("NEW", "text")]
    )
    new, same = answer.definitions
    assert same == known
    assert (new.name, new.type, new.auto, new.active) == ("NEW", "boolean", True, True)
    assert new.empty_values == DEFAULT_EMPTY_VALUES
    assert (answer.refused, answer.invalid, answer.revision) == ((), (), 2)
    again = catalog.metrics.auto_register(project.id, [("NEW", "number"), ("KNOWN", "number")])
    assert again.definitions == answer.definitions
    assert again.revision == catalog.metrics.revision(project.id) == 2


def test_many_at_once_are_one_revision(catalog: Catalog, project: Project) -> None:
    names: list[Any] = [(f"m{number}", "text") for number in range(1200)]
    answer = catalog.metrics.auto_register(project.id, names, limit=2000)
    assert [metric.name for metric in answer.definitions] == [name for name, _ in names]
    assert answer.revision == 1
    assert len(catalog.metrics.list(project.id).metrics) == 1200


def test_over_the_limit_is_refused_and_told(catalog: Catalog, project: Project) -> None:
    catalog.metrics.register(project.id, "by hand", "text")
    answer = catalog.metrics.auto_register(
        project.id, [(f"m{number}", "text") for number in range(5)], limit=3
    )
    assert [metric.name for metric in answer.definitions] == ["m0", "m1", "m2"]
    assert answer.refused == ("m3", "m4")
    later = catalog.metrics.auto_register(
        project.id, [("m4", "text"), ("m1", "text"), ("by hand", "text")], limit=3
    )
    assert [metric.name for metric in later.definitions] == ["m1", "by hand"]
    assert (later.refused, later.revision) == (("m4",), 2)
    assert catalog.metrics.register(project.id, "m4", "text").auto is False


def test_room_that_somebody_else_took_meanwhile_changes_nothing(
    catalog: Catalog, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog.metrics.auto_register(project.id, [("first", "text")], limit=1)
    # As if it had looked, without a lock, before the other one came in.
    monkeypatch.setattr(catalog.metrics, "_already_settled", lambda *_: None)
    answer = catalog.metrics.auto_register(project.id, [("second", "text")], limit=1)
    assert (answer.definitions, answer.refused, answer.revision) == ((), ("second",), 1)


def test_the_limit_is_500_when_none_is_said(catalog: Catalog, project: Project) -> None:
    answer = catalog.metrics.auto_register(project.id, [(f"m{number}", "text") for number in range(502)])
    assert (len(answer.definitions), answer.refused) == (500, ("m500", "m501"))


def test_a_malformed_name_does_not_stop_its_neighbours(catalog: Catalog, project: Project) -> None:
    names: list[Any] = [
        ("a\0", "text"),
        ("good", "text"),
        ("\ud800", "text"),
        ("x" * 201, "text"),
        ("", "text"),
    ]
    answer = catalog.metrics.auto_register(project.id, names)
    assert [metric.name for metric in answer.definitions] == ["good"]
    assert answer.invalid == ("a\0", "\ud800", "x" * 201, "")


@pytest.mark.parametrize("type_", ["categorical", "float", None])
def test_an_inferred_type_must_be_a_type(standing: Catalog, type_: Any) -> None:
    with pytest.raises(InvalidInput):
        standing.metrics.auto_register(standing.projects.get("standing").id, [("X", type_)])


def test_processes_that_enter_the_same_names_agree(catalog: Catalog, project: Project, url: str) -> None:
    first, second = processes.race(processes.auto_register_same, url)
    assert first == second
    registry = catalog.metrics.list(project.id)
    assert len(registry.metrics) == len(set(first)) == 50
    assert len({metric.column.lower() for metric in registry.metrics}) == 50
    assert registry.revision == 25


def test_the_limit_holds_under_races(catalog: Catalog, project: Project, url: str) -> None:
    answers = processes.race(processes.auto_register_many, (url, 100))
    entered = [name for names, _ in answers for name in names]
    refused = [name for _, names in answers for name in names]
    assert len(entered) == 100
    assert len(refused) == 80
    assert {metric.name for metric in catalog.metrics.list(project.id).metrics} == set(entered)


def test_a_list_is_one_snapshot(catalog: Catalog, project: Project) -> None:
    """Each metric raises the revision by one: a list that saw half a change would disagree with itself."""
    done = threading.Event()

    def write() -> None:
        for number in range(100):
            catalog.metrics.register(project.id, f"m{number}", "text")
        done.set()

    with ThreadPoolExecutor() as pool:
        writing = pool.submit(write)
        seen = set()
        while not done.is_set() and not writing.done():
            registry = catalog.metrics.list(project.id)
            assert registry.revision == len(registry.metrics)
            seen.add(registry.revision)
        writing.result()
    assert len(seen) > 5, "the reader never ran beside the writer"


texts = st.text(st.characters(), max_size=220) | st.sampled_from(["\0", "\ud800", "a\u2028b", "x"])


@given(name=texts, options=st.lists(texts, max_size=3), definition=texts, unit=texts)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_any_text_is_kept_or_refused(
    catalog: Catalog, project: Project, name: str, options: list[str], definition: str, unit: str
) -> None:
    before = catalog.metrics.revision(project.id)
    try:
        made = catalog.metrics.register(
            project.id, name, "categorical", options=options, definition=definition, unit=unit
        )
    except (InvalidInput, Conflict):
        assert catalog.metrics.revision(project.id) == before
        return
    assert (made.name, made.options, made.definition, made.unit) == (name, tuple(options), definition, unit)
    assert catalog.metrics.list(project.id).by_name[name] == made
    assert catalog.metrics.revision(project.id) == before + 1
