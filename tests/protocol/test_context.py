"""What a case's context says. HITL v0.8 §6 `context`, §10."""

from __future__ import annotations

import pytest

from openhitl.errors import InvalidRequest, NoItems
from openhitl.protocol.context import MAX_ITEMS, Artifact, Context, Failure, Item, Risk
from openhitl.protocol.params import Param
from tests.protocol.values import case_bodies

CASES = case_bodies()
ITEMS = [{"id": "a", "title": "A"}, {"id": "b", "title": "B"}]
FORM = {"fields": [{"key": "k", "label": "K", "type": "text"}]}


def parse(review_type, raw, *, lenient=False):
    return Context.parse(review_type, raw, lenient=lenient)


def test_an_approval_names_its_parts():
    context = parse("approval", CASES["approval-deployment"]["context"])
    assert context.risk == Risk("medium", ("Contains a database migration", "First release after the freeze"))
    assert set(context.consequences) == {"approve", "deny", "expire"}
    assert context.facts["Environment"] == "production"
    assert context.diff.startswith("--- a/deploy.yaml")
    assert set(context.links) == {"pipeline", "dashboard"}
    assert context.artifact.title == "Release notes 3.4.0"
    assert context.artifact.metadata["author"] == "release-bot"
    assert set(context.rest) == {"window"}


def test_nothing_in_a_context_gets_lost():
    """design: every value is shown somewhere."""
    context = parse("approval", CASES["approval-web-page"]["context"])
    assert context.artifact.format == "html"
    assert context.rest == {
        "replaces": None,
        "published": False,
        "artifact": {"language": "en", "words": 9},
    }
    assert parse("approval", {"risk": {"level": "low", "owner": "ops"}}).rest == {"risk": {"owner": "ops"}}


@pytest.mark.parametrize(
    ("raw", "artifact"),
    [
        ("words", Artifact("", "words", "text")),
        ({"content": "words"}, Artifact("", "words", "text")),
        ({"content": [1]}, Artifact("", [1], "json")),
        (
            {"content": "# T", "format": "markdown", "title": "T", "metadata": {"a": 1}},
            Artifact("T", "# T", "markdown", {"a": 1}),
        ),
    ],
)
def test_an_artifact_is_text_or_json(raw, artifact):
    assert parse("approval", {"artifact": raw}).artifact == artifact


@pytest.mark.parametrize(
    ("raw", "risk"),
    [
        ({"risk": "low"}, Risk("low")),
        ({"risk": {"level": "high", "reasons": "one"}}, Risk("high", ("one",))),
        ({"risk_assessment": {"level": "high", "reasons": ["a", "b"]}}, Risk("high", ("a", "b"))),
        ({"risk_tier": "critical"}, Risk("critical")),
        ({"risk_tier": 3}, None),
        ({"risk_assessment": {"level": "high", "reasons": [1]}}, None),
        ({"risk_assessment": ["high"]}, None),
        ({}, None),
    ],
)
def test_a_risk_goes_by_several_names(raw, risk):
    assert parse("approval", raw).risk == risk


def test_a_second_risk_stays_to_be_shown():
    context = parse("approval", {"risk_tier": "low", "risk": "high"})
    assert context.risk == Risk("high")
    assert context.rest == {"risk_tier": "low"}


def test_items_have_aliases_and_keep_what_they_say_beside():
    """HITL v0.8 §10.2, and the names that the protocol's examples use."""
    context = parse("selection", CASES["selection-meeting-slots"]["context"])
    assert context.items[0] == Item(id="mon-09", title="Monday 09:00", rest={"room": "Oak", "remote": False})
    assert (context.min, context.max) == (0, 3)
    assert set(context.rest) == {"candidate"}
    previews = parse("selection", CASES["selection-search-results"]["context"])
    assert [item.title for item in previews.items] == ["Mill Lane 7", "Station Road 18", "Old Market 3"]


def test_an_item_without_a_title_is_called_by_its_id():
    item = {"id": "a", "title": 5, "description": 6, "metadata": 7}
    assert parse("selection", {"items": [item]}).items == (
        Item(id="a", title="a", rest={"title": 5, "description": 6, "metadata": 7}),
    )


def test_of_several_lists_of_items_the_first_name_counts():
    context = parse("selection", {"options": [{"id": "x"}], "items": ITEMS})
    assert [item.id for item in context.items] == ["a", "b"]
    assert context.rest == {"options": [{"id": "x"}]}


def test_a_selection_wants_one_or_more_unless_it_says_otherwise():
    """HITL v0.8 §10.2: "must choose one or more"."""
    assert (parse("selection", {"items": ITEMS}).min, parse("selection", {"items": ITEMS}).max) == (1, None)
    assert parse("selection", {"items": ITEMS, "min": 0}).min == 0


@pytest.mark.parametrize("raw", [{}, {"items": []}, {"query": "words"}])
def test_a_selection_without_items_is_refused(raw):
    with pytest.raises(NoItems):
        parse("selection", raw)
    assert parse("selection", raw, lenient=True).items == ()


def test_a_confirmation_names_its_parts():
    """HITL v0.8 §10.4."""
    context = parse("confirmation", CASES["confirmation-letters"]["context"])
    assert [item.id for item in context.items] == ["inv-1001", "inv-1007", "inv-1010"]
    assert (context.partial, context.irreversible) == (True, False)
    assert set(context.rest) == {"warning", "total_letters"}
    assert parse("confirmation", CASES["confirmation-bulk-delete"]["context"]).irreversible


def test_an_escalation_names_its_parts():
    """HITL v0.8 §10.5."""
    context = parse("escalation", CASES["escalation-import-failed"]["context"])
    assert context.error.title == "Import stopped"
    assert context.error.summary == "The supplier's file holds prices without a currency."
    assert context.error.details.startswith("row 18204")
    assert context.error.rest == {"first_bad_row": 18204, "bad_rows": 311}
    assert context.params == (
        Param(name="batch_size", kind="number", value=500, least=50, most=2000, unit="rows"),
        Param(
            name="strategy", kind="choice", value="strict", choices=("strict", "skip_bad_rows", "assume_eur")
        ),
        Param(name="dry_run", kind="boolean", value=False),
        Param(name="note", kind="text", value=""),
    )
    assert context.rest == {
        "params": {"columns": ["sku", "price"]},
        "retry_options": {"max_retries_remaining": 2},
    }


@pytest.mark.parametrize(
    ("raw", "failure"),
    [
        ("broken", Failure("", "broken")),
        ({"message": "broken", "type": "timeout"}, Failure("", "broken", None, {"type": "timeout"})),
        ({"title": "T", "summary": "S", "message": "M"}, Failure("T", "S", None, {"message": "M"})),
        ({"details": {"a": 1}}, Failure("", "", {"a": 1})),
    ],
)
def test_an_error_is_a_sentence_or_an_object(raw, failure):
    assert parse("escalation", {"error": raw}).error == failure


def test_an_input_has_a_form_and_a_custom_type_may_have_one():
    """HITL v0.8 §10.3, §10 "Custom Types"."""
    assert parse("input", {"form": FORM}).form.fields[0].key == "k"
    assert parse("x-custom", {"form": FORM}).form.fields[0].key == "k"
    assert parse("x-custom", {}).form is None


def test_names_that_mean_something_to_another_type_are_just_shown():
    raw = {
        "items": ITEMS,
        "form": FORM,
        "error": "E",
        "params": {},
        "partial": True,
        "min": 1,
        "irreversible": 5,
    }
    context = parse("approval", raw)
    assert context.rest == raw
    assert (context.items, context.form, context.error, context.partial) == ((), None, None, False)
    assert parse("confirmation", {"artifact": "A", "retry_options": {}}).rest == {
        "artifact": "A",
        "retry_options": {},
    }


@pytest.mark.parametrize(
    ("review_type", "raw", "path"),
    [
        ("approval", {"artifact": []}, "context.artifact"),
        ("approval", {"artifact": {"title": "T"}}, "context.artifact.content"),
        ("approval", {"artifact": {"content": "C", "title": 1}}, "context.artifact.title"),
        ("approval", {"artifact": {"content": "C", "format": {}}}, "context.artifact.format"),
        ("approval", {"artifact": {"content": "C", "metadata": []}}, "context.artifact.metadata"),
        ("approval", {"risk": {"reasons": []}}, "context.risk"),
        ("approval", {"risk": 3}, "context.risk"),
        ("approval", {"risk": {"level": "low", "reasons": [1]}}, "context.risk"),
        ("approval", {"consequences": "none"}, "context.consequences"),
        ("approval", {"consequences": {"reject": "x"}}, "context.consequences.reject"),
        ("approval", {"consequences": {"deny": 1}}, "context.consequences.deny"),
        ("approval", {"facts": "many"}, "context.facts"),
        ("approval", {"diff": []}, "context.diff"),
        ("approval", {"links": 5}, "context.links"),
        ("approval", {"links": {"a": 1}}, "context.links.a"),
        ("approval", {"links": [1]}, "context.links[0]"),
        ("approval", {"links": ["https://example.com", {"url": 1}]}, "context.links[1]"),
        ("approval", {"links": [{"url": "https://example.com", "icon": "x"}]}, "context.links[0]"),
        ("selection", {"items": {}}, "context.items"),
        ("selection", {"items": ["a"]}, "context.items[0]"),
        ("selection", {"items": [{"title": "A"}]}, "context.items[0].id"),
        ("selection", {"options": [{"id": ""}]}, "context.options[0].id"),
        ("selection", {"items": [ITEMS[0], ITEMS[0]]}, "context.items"),
        ("selection", {"items": [{"id": str(index)} for index in range(MAX_ITEMS + 1)]}, "context.items"),
        ("selection", {"items": ITEMS, "min": 3}, "context.min"),
        ("selection", {"items": ITEMS, "min": -1}, "context.min"),
        ("selection", {"items": ITEMS, "min": True}, "context.min"),
        ("selection", {"items": ITEMS, "max": 0}, "context.max"),
        ("selection", {"items": ITEMS, "min": 2, "max": 1}, "context.max"),
        ("selection", {"items": ITEMS, "max": "2"}, "context.max"),
        ("confirmation", {"irreversible": "yes"}, "context.irreversible"),
        ("confirmation", {"partial": 1}, "context.partial"),
        ("escalation", {"error": []}, "context.error"),
        ("escalation", {"error": {"title": 1}}, "context.error.title"),
        ("escalation", {"error": {"message": 1}}, "context.error.message"),
        ("escalation", {"params": []}, "context.params"),
        ("escalation", {"retry_options": []}, "context.retry_options"),
        ("input", {}, "context.form"),
        ("input", {"form": {}}, "context.form"),
        ("x-custom", {"form": []}, "context.form"),
    ],
)
def test_a_malformed_part_is_refused_at_its_path_and_leniently_just_shown(review_type, raw, path):
    with pytest.raises(InvalidRequest) as refused:
        parse(review_type, raw)
    assert [error["path"] for error in refused.value.details["errors"]] == [path]
    kept = parse(review_type, raw, lenient=True)
    named = path.split(".")[1].split("[")[0]
    taken = {"min": kept.min, "max": kept.max}
    assert kept.rest.get(named, taken.get(named)) == raw.get(named)


@pytest.mark.parametrize("name", sorted(CASES))
def test_every_example_reads_the_same_strictly_and_leniently(name):
    body = CASES[name]
    strict = parse(body["type"], body.get("context", {}))
    lenient = parse(body["type"], body.get("context", {}), lenient=True)
    assert strict == lenient
