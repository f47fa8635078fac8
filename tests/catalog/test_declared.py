"""Many metrics and ratios at once: as declared, all or nothing, one revision."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aftercall.catalog import Catalog, Project
from aftercall.errors import Conflict, InvalidInput, NotFound
from aftercall.model.metric_spec import MetricSpec, RatioSpec, flagged, spec_fields

FULL = MetricSpec(
    "CALL_REASON",
    "categorical",
    options=("billing", "sales"),
    empty_values=("-",),
    display_name="Call reason",
    definition="Why they called.",
    unit="",
    better="none",
    group="CALL",
    expected_sources=("extraction", "human"),
    rate_base={"metric": "TALKED"},
    synonyms=("topic",),
    owner="ops",
    extraction={"extract": "Why did they call?", "examples": [{"text": "a bill", "value": "billing"}]},
)
RATIO = RatioSpec(
    "BOOKED_PER_INTENT",
    flagged("BOOKED"),
    flagged("INTENT_BOOKING"),
    multiplier=100.0,
    display_name="Booked per intent",
    unit="%",
    better="up",
    group="BOOKING",
    synonyms=("conversion",),
    owner="ops",
)


def test_every_field_comes_back_as_it_was_put(catalog: Catalog, other: Catalog, project: Project) -> None:
    assert catalog.declared.put(project.id, [FULL, RATIO]) == 1
    registry = other.metrics.list(project.id)
    assert registry.revision == 1
    assert registry.by_name["CALL_REASON"].spec == FULL
    assert registry.ratios_by_name["BOOKED_PER_INTENT"].spec == RATIO
    assert registry.metrics[0].applied is None


def test_putting_the_same_again_is_no_revision(catalog: Catalog, project: Project) -> None:
    catalog.declared.put(project.id, [FULL, RATIO])
    assert catalog.declared.put(project.id, [FULL, RATIO]) == 1
    assert catalog.declared.put(project.id, [replace(FULL, unit="calls"), replace(RATIO, owner="")]) == 2


def test_a_spec_says_everything_so_what_it_leaves_out_is_gone(catalog: Catalog, project: Project) -> None:
    catalog.declared.put(project.id, [FULL])
    catalog.declared.put(project.id, [MetricSpec("CALL_REASON", "text")])
    made = catalog.metrics.list(project.id).by_name["CALL_REASON"]
    assert made.spec == MetricSpec("CALL_REASON", "text", display_name="CALL_REASON")


def test_what_entered_by_itself_is_taken_over(catalog: Catalog, project: Project) -> None:
    catalog.metrics.auto_register(project.id, [("X", "text")])
    catalog.declared.put(project.id, [MetricSpec("X", "text")])
    made = catalog.metrics.list(project.id).by_name["X"]
    assert (made.auto, made.column) == (False, "X")


def test_apply_remembers_its_state_and_forgets_what_it_removes(catalog: Catalog, project: Project) -> None:
    catalog.declared.apply(project.id, [FULL, RATIO], remove=[])
    made = catalog.metrics.list(project.id)
    assert made.metrics[0].applied == spec_fields(FULL)
    assert made.ratios[0].applied == spec_fields(RATIO)
    catalog.declared.apply(project.id, [], remove=["CALL_REASON", "BOOKED_PER_INTENT", "NEVER_THERE"])
    gone = catalog.metrics.list(project.id)
    assert (gone.metrics[0].active, gone.metrics[0].applied) == (False, None)
    assert (gone.ratios[0].active, gone.ratios[0].applied) == (False, None)
    assert gone.revision == 2


def test_apply_of_what_is_there_already_only_remembers(catalog: Catalog, project: Project) -> None:
    catalog.declared.put(project.id, [FULL])
    assert catalog.declared.apply(project.id, [FULL], remove=[], revision=1) == 1
    assert catalog.metrics.list(project.id).metrics[0].applied == spec_fields(FULL)


def test_a_registry_that_changed_meanwhile_is_not_overwritten(catalog: Catalog, project: Project) -> None:
    catalog.declared.put(project.id, [FULL])
    with pytest.raises(Conflict) as caught:
        catalog.declared.apply(project.id, [RATIO], remove=[], revision=0)
    assert caught.value.code == "REGISTRY_CHANGED"
    assert catalog.metrics.list(project.id).ratios == ()


def test_one_wrong_spec_leaves_nothing_of_the_others(catalog: Catalog, project: Project) -> None:
    wrong = MetricSpec("BAD", "categorical")
    with pytest.raises(InvalidInput, match="'BAD'") as caught:
        catalog.declared.put(project.id, [FULL, wrong])
    assert caught.value.code == "METRIC_OPTIONS_MISSING"
    assert catalog.metrics.list(project.id).metrics == ()
    assert catalog.metrics.revision(project.id) == 0


def test_a_name_is_a_metrics_or_a_ratios(catalog: Catalog, project: Project) -> None:
    catalog.declared.put(project.id, [FULL, RATIO])
    for ask in (
        lambda: catalog.declared.put(project.id, [RatioSpec("CALL_REASON", flagged("A"), flagged("B"))]),
        lambda: catalog.declared.put(project.id, [MetricSpec("BOOKED_PER_INTENT", "text")]),
        lambda: catalog.declared.put(project.id, [MetricSpec("N", "text"), replace(RATIO, name="N")]),
        lambda: catalog.metrics.register(project.id, "BOOKED_PER_INTENT", "text"),
    ):
        with pytest.raises(Conflict) as caught:
            ask()
        assert caught.value.code == "METRIC_EXISTS"


def test_an_agent_that_writes_a_ratios_name_makes_no_metric_of_it(catalog: Catalog, project: Project) -> None:
    catalog.declared.put(project.id, [RATIO])
    answer = catalog.metrics.auto_register(project.id, [("BOOKED_PER_INTENT", "text"), ("X", "text")])
    assert answer.refused == ("BOOKED_PER_INTENT",)
    assert [one.name for one in answer.definitions] == ["X"]


def test_a_project_that_is_not_there(catalog: Catalog) -> None:
    with pytest.raises(NotFound) as caught:
        catalog.declared.put(999, [FULL])
    assert caught.value.code == "PROJECT_NOT_FOUND"


@pytest.mark.parametrize(
    "fields",
    [
        {"better": "left"},
        {"group": "a\nb"},
        {"expected_sources": ("robot",)},
        {"expected_sources": ("agent", "agent")},
        {"rate_base": "some"},
        {"rate_base": {"metric": ""}},
        {"rate_base": {"metric": "A", "agg": "sum"}},
        {"synonyms": ("a", "A")},
        {"synonyms": ("",)},
        {"synonyms": tuple(map(str, range(101)))},
        {"owner": "\0"},
        {"owner": "x" * 201},
        {"extraction": {"a": "\ud800"}},
        {"extraction": {"a": float("nan")}},
        {"extraction": {"a": "x" * 100_001}},
        {"extraction": ["a"]},
        {"active": "yes"},
    ],
)
def test_bad_fields_are_refused(standing: Catalog, fields: dict[str, Any]) -> None:
    project = standing.projects.get("standing")
    with pytest.raises(InvalidInput, match="'X'"):
        standing.declared.put(project.id, [replace(MetricSpec("X", "text"), **fields)])
    assert "X" not in standing.metrics.list(project.id).by_name


@pytest.mark.parametrize(
    "fields",
    [
        {"numerator": {}},
        {"numerator": "BOOKED"},
        {"denominator": {"metric": 1}},
        {"denominator": {"metric": "A", "agg": 1}},
        {"multiplier": 0},
        {"multiplier": True},
        {"multiplier": float("nan")},
        {"multiplier": 10**400},
    ],
)
def test_bad_ratios_are_refused(standing: Catalog, fields: dict[str, Any]) -> None:
    project = standing.projects.get("standing")
    with pytest.raises(InvalidInput, match="'X'"):
        standing.declared.put(project.id, [replace(RatioSpec("X", flagged("A"), flagged("B")), **fields)])
    assert standing.metrics.list(project.id).ratios == ()


def test_rate_base_and_extraction_can_be_taken_away_again(catalog: Catalog, project: Project) -> None:
    catalog.declared.put(project.id, [FULL])
    catalog.metrics.update(project.id, "CALL_REASON", rate_base="default", extraction={})
    made = catalog.metrics.list(project.id).metrics[0]
    assert (made.rate_base, made.extraction, made.owner) == (None, None, "ops")
