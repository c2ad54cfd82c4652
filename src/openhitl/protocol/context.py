"""What a case's context says, by the names of the specification and its examples.

Every value that no named part takes up is in `rest`, so that a page can show all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, TypeVar

from openhitl.errors import InvalidRequest, NoItems
from openhitl.protocol.case import Json
from openhitl.protocol.forms import Form
from openhitl.protocol.params import Param, parse_params
from openhitl.protocol.problems import count_of, flag_of, invalid, list_of, object_of, text_of
from openhitl.protocol.record import record

_Part = TypeVar("_Part")

MAX_ITEMS = 500
#: Names under which examples of the specification put the same thing.
RISK_NAMES = ("risk", "risk_assessment", "risk_tier")
ITEM_NAMES: Mapping[str, tuple[str, ...]] = {
    "selection": ("items", "options", "options_preview"),
    "confirmation": ("items", "items_to_confirm"),
}
ARTIFACT_NAMES = frozenset({"title", "content", "format", "metadata"})
TITLE_NAMES = ("title", "label", "name")
SUMMARY_NAMES = ("summary", "message")


@record(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing to choose or to confirm; `rest` is what the item says beside the named parts."""

    id: str
    title: str
    description: str = ""
    metadata: Json = field(default_factory=dict)
    rest: Json = field(default_factory=dict)


@record(frozen=True, slots=True)
class Risk:
    """How risky the agent calls it: low, medium, high, or its own word."""

    level: str
    reasons: tuple[str, ...] = ()


@record(frozen=True, slots=True)
class Artifact:
    """What is to be approved. `content` is text, or any JSON value."""

    title: str
    content: Any
    format: str
    metadata: Json = field(default_factory=dict)


@record(frozen=True, slots=True)
class Failure:
    """What went wrong, for an escalation; `rest` is what it says beside the named parts."""

    title: str
    summary: str
    details: Any = None
    rest: Json = field(default_factory=dict)


@record(frozen=True, slots=True, kw_only=True)
class Context:
    """The named parts of a context. `facts` and `links` are as given: objects or arrays."""

    items: tuple[Item, ...] = ()
    min: int = 0
    max: int | None = None
    artifact: Artifact | None = None
    form: Form | None = None
    error: Failure | None = None
    params: tuple[Param, ...] = ()
    risk: Risk | None = None
    consequences: Mapping[str, str] = field(default_factory=dict)
    facts: Any = None
    diff: str | None = None
    links: Any = None
    irreversible: bool = False
    partial: bool = False
    rest: Json = field(default_factory=dict)

    @classmethod
    def parse(cls, review_type: str, raw: Json, *, lenient: bool = False) -> Context:
        """Read a context.

        Lenient, what is malformed is left in `rest` instead, to be shown but not answered.
        Raises: NoItems for a selection without items; InvalidRequest with the path of what is wrong.
        """
        reader = _Reader(raw, lenient=lenient)
        items = reader.items(review_type)
        if review_type == "selection" and not items and not lenient:
            raise NoItems
        least, most = reader.counts(review_type, len(items))
        return cls(
            items=items,
            min=least,
            max=most,
            artifact=reader.artifact(review_type),
            form=reader.form(review_type),
            error=reader.part("error", _failure) if review_type == "escalation" else None,
            params=reader.params() if review_type == "escalation" else (),
            risk=reader.risk(),
            consequences=reader.part("consequences", _consequences) or {},
            facts=reader.part("facts", _facts),
            diff=reader.part("diff", text_of),
            links=reader.part("links", _links),
            irreversible=reader.flag("irreversible", review_type),
            partial=reader.flag("partial", review_type),
            rest=reader.rest,
        )


class _Reader:
    """Takes named parts out of a context; `rest` is what has not been taken."""

    def __init__(self, raw: Json, *, lenient: bool) -> None:
        self.rest: dict[str, Any] = dict(raw)
        self._lenient = lenient

    def part(self, name: str, read: Callable[[Any, str], _Part]) -> _Part | None:
        """Take one part by its name; None if it is absent."""
        if name not in self.rest:
            return None
        try:
            value = read(self.rest[name], f"context.{name}")
        except InvalidRequest:
            if self._lenient:
                return None
            raise
        del self.rest[name]
        return value

    def items(self, review_type: str) -> tuple[Item, ...]:
        for name in ITEM_NAMES.get(review_type, ()):
            if name in self.rest:
                return self.part(name, _items) or ()
        return ()

    def counts(self, review_type: str, available: int) -> tuple[int, int | None]:
        """Take how many may be chosen. HITL v0.8 §10.2: one or more, unless `min` says otherwise."""
        if review_type != "selection":
            return 0, None
        least, most = self.part("min", count_of), self.part("max", count_of)
        least = 1 if least is None else least
        if not self._lenient and least > available:
            invalid("context.min", f"is more than the {available} items there are")
        if not self._lenient and most is not None and most < max(least, 1):
            invalid("context.max", "must be at least 1 and at least min")
        return least, most

    def flag(self, name: str, review_type: str) -> bool:
        return review_type == "confirmation" and bool(self.part(name, flag_of))

    def form(self, review_type: str) -> Form | None:
        if review_type != "input" and not review_type.startswith("x-"):
            return None
        form = self.part("form", _form)
        if form is None and review_type == "input" and not self._lenient:
            invalid("context.form", "is required for an input")
        return form

    def artifact(self, review_type: str) -> Artifact | None:
        if review_type != "approval":
            return None
        raw = self.rest.get("artifact")
        artifact = self.part("artifact", _artifact)
        if artifact and isinstance(raw, Mapping):
            self._put_back("artifact", {name: raw[name] for name in raw if name not in ARTIFACT_NAMES})
        return artifact

    def params(self) -> tuple[Param, ...]:
        params = self.part("params", object_of) or {}
        options = self.part("retry_options", object_of) or {}
        parsed = parse_params(params, options)
        # Values that no parameter shows stay in the tree.
        shown = {param.name for param in parsed}
        self._put_back("params", {name: value for name, value in params.items() if name not in shown})
        told = {name: value for name, value in options.items() if not parse_params({}, {name: value})}
        self._put_back("retry_options", told)
        return parsed

    def risk(self) -> Risk | None:
        """Take the first name under which there is a risk; what it says beside level and reasons stays."""
        for name in RISK_NAMES:
            raw = self.rest.get(name)
            if raw is None:
                continue
            risk = _risk(raw)
            if risk:
                del self.rest[name]
                left = raw if isinstance(raw, Mapping) else {}
                self._put_back(name, {key: left[key] for key in left if key not in ("level", "reasons")})
                return risk
            if name == "risk" and not self._lenient:
                invalid("context.risk", "has a level (text) and reasons (an array of texts)")
        return None

    def _put_back(self, name: str, left: Json) -> None:
        if left:
            self.rest[name] = left


def _risk(raw: Any) -> Risk | None:
    """Read a risk: its level alone, or with reasons; None for anything else."""
    if isinstance(raw, str):
        return Risk(raw)
    if not isinstance(raw, Mapping) or not isinstance(raw.get("level"), str):
        return None
    reasons = raw.get("reasons", [])
    reasons = [reasons] if isinstance(reasons, str) else reasons
    if not isinstance(reasons, list) or not all(isinstance(one, str) for one in reasons):
        return None
    return Risk(raw["level"], tuple(reasons))


def _form(raw: Any, path: str) -> Form:
    return Form.parse(raw)


def _items(raw: Any, path: str) -> tuple[Item, ...]:
    given = list_of(raw, path)
    if len(given) > MAX_ITEMS:
        invalid(path, f"must hold at most {MAX_ITEMS} items")
    items = tuple(_item(one, f"{path}[{index}]") for index, one in enumerate(given))
    if len({item.id for item in items}) < len(items):
        invalid(path, "holds the same id twice")
    return items


def _item(raw: Any, path: str) -> Item:
    given = dict(object_of(raw, path))
    item_id = text_of(given.pop("id", None), f"{path}.id", least=1, most=200)
    title = ""
    for name in TITLE_NAMES:
        if isinstance(given.get(name), str):
            title = given.pop(name)
            break
    description = given.pop("description", "") if isinstance(given.get("description"), str) else ""
    metadata = given.pop("metadata") if isinstance(given.get("metadata"), Mapping) else {}
    return Item(id=item_id, title=title or item_id, description=description, metadata=metadata, rest=given)


def _artifact(raw: Any, path: str) -> Artifact:
    if isinstance(raw, str):
        return Artifact("", raw, "text")
    given = object_of(raw, path)
    content = given.get("content")
    if content is None:
        invalid(f"{path}.content", "is required")
    default = "text" if isinstance(content, str) else "json"
    return Artifact(
        text_of(given.get("title", ""), f"{path}.title"),
        content,
        text_of(given.get("format", default), f"{path}.format", most=100),
        object_of(given.get("metadata", {}), f"{path}.metadata"),
    )


def _failure(raw: Any, path: str) -> Failure:
    if isinstance(raw, str):
        return Failure("", raw)
    given = dict(object_of(raw, path))
    title = text_of(given.pop("title", ""), f"{path}.title")
    summary = ""
    for name in SUMMARY_NAMES:
        if name in given:
            summary = text_of(given.pop(name), f"{path}.{name}")
            break
    return Failure(title, summary, given.pop("details", None), given)


def _consequences(raw: Any, path: str) -> dict[str, str]:
    given = object_of(raw, path)
    for name, value in given.items():
        if name not in ("approve", "deny", "expire"):
            invalid(f"{path}.{name}", "is not approve, deny or expire")
        text_of(value, f"{path}.{name}", most=1_000)
    return given


def _facts(raw: Any, path: str) -> Any:
    if not isinstance(raw, (Mapping, list)):
        invalid(path, "must be an object or an array")
    return raw


def _links(raw: Any, path: str) -> Any:
    if isinstance(raw, Mapping):
        for name, address in raw.items():
            text_of(address, f"{path}.{name}")
        return raw
    for index, link in enumerate(list_of(raw, path)):
        if isinstance(link, str):
            continue
        given = object_of(link, f"{path}[{index}]")
        if given.keys() - {"label", "title", "url", "href"} or not all(
            isinstance(value, str) for value in given.values()
        ):
            invalid(f"{path}[{index}]", "has a label and a url")
    return raw
