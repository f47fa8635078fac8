"""The plan of a metrics.yaml, and files that say what they were made of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aftercall.catalog import Catalog, Project
from aftercall.errors import Conflict, InvalidInput
from aftercall.metrics.strict import QueryInvalid
from aftercall.metrics.yaml_plan import Change, Difference, RegistryPlan, plan
from aftercall.metrics.yaml_write import write_yaml
from aftercall.model.metric_spec import (
    BETTER,
    EXTRACTION_KEYS,
    SOURCES,
    MetricSpec,
    RatioSpec,
    Spec,
    flagged,
    spec_fields,
)
from aftercall.model.values import METRIC_TYPES
from aftercall.runtime.metrics_file import parse_metrics

CLINIC = Path(__file__).resolve().parents[2] / "examples" / "dental_clinic" / "metrics.yaml"
A = MetricSpec("A", "text", unit="s")
RATIO = RatioSpec("R", flagged("A"), flagged("conversations"))


@pytest.fixture
def catalog(tmp_path: Path) -> Any:
    with Catalog.open(f"sqlite:///{tmp_path}/catalog.db") as opened:
        yield opened


@pytest.fixture
def project(catalog: Catalog) -> Project:
    return catalog.projects.create("star")


def planned(catalog: Catalog, project: Project, *specs: Spec) -> RegistryPlan:
    return plan(specs, catalog.metrics.list(project.id))


def applied(catalog: Catalog, project: Project, *specs: Spec) -> None:
    told = planned(catalog, project, *specs)
    catalog.declared.apply(project.id, specs, remove=told.removed, revision=told.revision)


def test_what_is_new_is_added_with_what_is_said_of_it(catalog: Catalog, project: Project) -> None:
    told = planned(catalog, project, A, RATIO)
    assert told.changes[0] == Change("add", "A", "text", (Difference("unit", "", "s"),))
    assert [(one.action, one.name, one.type) for one in told.changes] == [
        ("add", "A", "text"),
        ("add", "R", "ratio"),
    ]
    assert [one.reprojects for one in told.changes] == [True, False]


@pytest.mark.parametrize(
    ("fields", "reprojects"),
    [
        ({"type": "number"}, True),
        ({"type": "categorical", "options": ("a",)}, True),
        ({"unit": "min"}, False),
        ({"synonyms": ("b",)}, False),
        ({"extraction": {"extract": "?"}}, False),
        ({"empty_values": ()}, False),
    ],
)
def test_only_type_and_options_read_the_values_anew(
    catalog: Catalog, project: Project, fields: dict[str, Any], reprojects: bool
) -> None:
    applied(catalog, project, A)
    (change,) = planned(catalog, project, replace(A, **fields)).changes
    assert (change.action, change.reprojects) == ("change", reprojects)
    assert {one.field for one in change.differences} == set(fields)


def test_what_left_the_file_is_removed_and_what_was_never_in_it_is_not(
    catalog: Catalog, project: Project
) -> None:
    applied(catalog, project, A, RATIO)
    catalog.metrics.auto_register(project.id, [("WRITTEN", "text")])
    told = planned(catalog, project)
    assert [(one.action, one.name) for one in told.changes] == [("remove", "A"), ("remove", "R")]
    assert (told.removed, told.unmanaged) == (["A", "R"], ("WRITTEN",))
    applied(catalog, project)
    assert planned(catalog, project).changes == ()


def test_drift_is_what_somebody_else_changed(catalog: Catalog, project: Project) -> None:
    applied(catalog, project, A)
    assert planned(catalog, project, A).drift == ()
    catalog.metrics.update(project.id, "A", unit="h")
    told = planned(catalog, project, A)
    assert (told.drift[0].differences, told.drift[0].kept) == ((Difference("unit", "s", "h"),), False)
    assert told.changes[0].differences == (Difference("unit", "h", "s"),)
    assert planned(catalog, project, replace(A, unit="h")).drift[0].kept is True
    applied(catalog, project, A)
    assert planned(catalog, project, A) == RegistryPlan(3, (), (), (), 1)


def test_deactivating_behind_the_back_is_drift_too(catalog: Catalog, project: Project) -> None:
    applied(catalog, project, A)
    catalog.metrics.update(project.id, "A", active=False)
    told = planned(catalog, project, A)
    assert told.drift[0].differences == (Difference("active", True, False),)
    assert told.changes[0].differences == (Difference("active", False, True),)
    assert planned(catalog, project).changes == ()  # it is off already


def test_true_is_not_one(catalog: Catalog, project: Project) -> None:
    applied(catalog, project, replace(A, extraction={"x": True}))
    assert len(planned(catalog, project, replace(A, extraction={"x": 1})).changes) == 1


def test_a_metric_and_a_ratio_want_one_name(catalog: Catalog, project: Project) -> None:
    applied(catalog, project, A)
    with pytest.raises(Conflict, match="'A'"):
        planned(catalog, project, replace(RATIO, name="A"))


def test_a_ratios_sides_are_measures(catalog: Catalog, project: Project) -> None:
    wrong = replace(RATIO, denominator={"metric": "A", "agg": "summ"})
    with pytest.raises(QueryInvalid, match=r"'R': denominator.*agg"):
        planned(catalog, project, wrong)


def test_values_that_json_cannot_hold_are_refused(catalog: Catalog, project: Project) -> None:
    told = parse_metrics("A: {type: text, extract: 2026-01-01}").specs
    with pytest.raises(InvalidInput):
        catalog.declared.check(told)


def test_the_example_says_the_same_after_an_export(catalog: Catalog, project: Project) -> None:
    specs = parse_metrics(CLINIC.read_text()).specs
    applied(catalog, project, *specs)
    registry = catalog.metrics.list(project.id)
    text = write_yaml([metric.spec for metric in registry.metrics])
    assert planned(catalog, project, *parse_metrics(text).specs).changes == ()
    assert "empty_values" not in text  # defaults are left out
    assert "CALL_REASON:\n  type: categorical\n" in text


def test_an_empty_registry_is_a_file_too() -> None:
    assert parse_metrics(write_yaml([])).specs == ()


texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)
names = texts.filter(bool) | st.sampled_from(
    ["NO", "on", "null", "1e3", "0x1f", "<<", "=", "~", "metrics", "type"]
)
plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | texts
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
several = st.lists(texts, max_size=3).map(tuple)
declared = st.dictionaries(
    st.sampled_from(EXTRACTION_KEYS) | texts.filter(lambda key: key != "extraction"),
    plain,
    min_size=1,
    max_size=3,
)
common: dict[str, st.SearchStrategy[Any]] = {
    "display_name": texts.filter(bool),
    "definition": texts,
    "unit": texts,
    "better": st.sampled_from(BETTER),
    "group": texts,
    "synonyms": several,
    "owner": texts,
    "active": st.booleans(),
}
metrics = st.builds(
    MetricSpec,
    name=names,
    type=st.sampled_from(METRIC_TYPES),
    options=several,
    empty_values=several,
    expected_sources=st.lists(st.sampled_from(SOURCES), unique=True).map(tuple),
    rate_base=st.sampled_from([None, "all", "known"]) | st.builds(lambda name: {"metric": name}, names),
    extraction=st.none() | declared,
    **common,
)
measures = names.map(flagged) | st.builds(
    lambda name, agg: {"metric": name, "agg": agg}, names, st.just("sum")
)
ratios = st.builds(
    RatioSpec,
    name=names,
    numerator=measures,
    denominator=measures,
    multiplier=st.floats(0.001, 1e6),
    **common,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(metrics | ratios, max_size=4, unique_by=lambda spec: spec.name))
def test_a_file_says_what_it_was_made_of(specs: list[Spec]) -> None:
    specs = [usable(spec) for spec in specs]
    back = parse_metrics(write_yaml(specs)).specs
    assert [(spec.name, spec_fields(spec)) for spec in back] == [
        (spec.name, spec_fields(spec)) for spec in specs
    ]


def usable(spec: Spec) -> Spec:
    """Options belong to categorical ones; a null in an extraction is the same as nothing there."""
    if isinstance(spec, RatioSpec):
        return spec
    return replace(spec, options=("a", "b") if spec.type == "categorical" else ())
