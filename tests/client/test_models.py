# pyright: reportPrivateUsage=false
"""Models are attrs classes that lose nothing: any JSON goes in and comes out as it was, edited or not."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import UTC, datetime
from typing import Any, TypeGuard, cast

import attrs
import cattrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pollinations_client import UNSET, PollinationsError, models
from pollinations_client._model import ApiModel, content_of
from pollinations_client.errors import MissingFieldError
from pollinations_conformance.contract import load
from tests.properties import examples

SCHEMAS: dict[str, Any] = load().document["components"]["schemas"]
CLASSES: dict[str, type[ApiModel]] = {
    name: getattr(models, name)
    for name, schema in SCHEMAS.items()
    if schema.get("type") == "object" and "properties" in schema
}

anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)


def is_schema(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict) and bool(cast("Any", value))


def is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def extended(extra: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    return {**extra, **given}


def values(schema: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """Return what the contract allows for a schema, what it does not list, and null where that surprises."""
    if not is_schema(schema) or depth > 5:
        return anything
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return st.deferred(lambda: values(SCHEMAS[name], depth + 1))
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return st.one_of([values(member, depth + 1) for member in schema[key]])
    if "allOf" in schema:
        return values(schema["allOf"][0], depth)
    if "const" in schema:
        return st.just(schema["const"]) | st.text(max_size=5)
    if "enum" in schema:
        return st.sampled_from(schema["enum"]) | st.text(max_size=8)
    kinds: Any = schema.get("type", [])
    options: list[st.SearchStrategy[Any]] = []
    for kind in kinds if is_list(kinds) else [kinds]:
        if kind == "object" and "properties" in schema:
            known = {name: values(value, depth + 1) for name, value in schema["properties"].items()}
            some: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries({}, optional=known)
            options.append(
                st.builds(
                    extended,
                    st.dictionaries(st.text(max_size=6), anything, max_size=2),
                    some,
                )
            )
        elif kind == "object":
            extra = schema.get("additionalProperties", True)
            options.append(
                st.dictionaries(st.text(max_size=6), values(extra, depth + 1), max_size=3)
            )
        elif kind == "array":
            options.append(st.lists(values(schema.get("items"), depth + 1), max_size=3))
        elif kind == "string":
            date = schema.get("format") == "date-time"
            options.append(
                st.datetimes().map(lambda d: f"{d.isoformat()}Z") if date else st.text(max_size=12)
            )
        elif kind in ("integer", "number"):
            options.append(st.integers() if kind == "integer" else st.floats(allow_nan=False))
        elif kind == "boolean":
            options.append(st.booleans())
        elif kind == "null":
            options.append(st.none())
    return st.one_of([*options, st.none()])


def names(cls: type[ApiModel]) -> dict[str, str]:
    """Return the JSON names of the documented fields, each with its attribute."""
    fields = [item.name for item in attrs.fields(cast("Any", cls))]
    fields.remove("additional_properties")
    return {cls._renamed.get(name, name): name for name in fields}


def read_everything(value: Any) -> None:
    """Read every attribute of a model, and of those below it."""
    if is_list(value):
        for item in value:
            read_everything(item)
    elif isinstance(value, ApiModel):
        assert isinstance(repr(value), str)
        for name, attribute in names(type(value)).items():
            if name in value:
                read_everything(getattr(value, attribute))


def evolved(model: Any, /, **changes: Any) -> Any:
    return attrs.evolve(model, **changes)


@pytest.mark.parametrize("name", CLASSES)
@settings(
    max_examples=examples(25),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(data=st.data())
def test_what_the_contract_allows_survives(name: str, data: st.DataObject) -> None:
    cls = CLASSES[name]
    content = data.draw(values(SCHEMAS[name]).filter(lambda value: isinstance(value, dict)))
    before = copy.deepcopy(content)
    model = cls.from_dict(content)
    read_everything(model)
    assert model.to_dict() == content == before
    assert model == cls.from_dict(before)
    assert set(model.additional_properties) == set(content) - set(names(cls))
    for twin in (
        pickle.loads(pickle.dumps(model)),
        copy.copy(model),
        copy.deepcopy(model),
        evolved(model),
    ):
        assert twin == model
        assert twin.to_dict() == before
        assert content_of(twin).keys() == before.keys(), "what is absent stays absent"


@given(
    st.dictionaries(st.sampled_from(["id", "choices", "usage", "model", "object", "x"]), anything)
)
def test_any_object_survives(content: dict[str, Any]) -> None:
    for cls in (models.ChatCompletion, models.ChatCompletionChunk):
        model = cls.from_dict(content)
        read_everything(model)
        assert model.to_dict() == content
    assert isinstance(models.ChatCompletionChunk.from_dict(content).text, str)


def test_missing_and_null_are_distinguished() -> None:
    absent, null = models.ChatChoice.from_dict({}), models.ChatChoice.from_dict({"logprobs": None})
    assert absent.logprobs is null.logprobs is None
    assert ("logprobs" in absent, "logprobs" in null) == (False, True)
    assert absent != null


def test_missing_required_field_says_so() -> None:
    with pytest.raises(MissingFieldError, match="ChatCompletion without 'id'"):
        _ = models.ChatCompletion.from_dict({}).id


def test_union_members_are_distinguished_by_their_tag() -> None:
    parts: list[dict[str, Any]] = [
        {"type": "text", "text": "a"},
        {"type": "image_url", "image_url": {"url": "u", "more": 1}},
        {"type": "image_url"},
        {"type": "hologram", "x": 1},
        {"type": 5},
        {},
    ]
    message = models.UserMessage.from_dict({"role": "user", "content": parts})
    kinds = [type(part).__name__ for part in message.content]
    assert kinds == ["TextPart", "ImageUrlPart", "ImageUrlPart"] + ["OtherPart"] * 3
    image = message.content[1]
    assert isinstance(image, models.ImageUrlPart)
    assert image.image_url.url == "u"
    assert image.image_url["more"] == 1
    assert models.UserMessage.from_dict({"role": "user", "content": "hi"}).content == "hi"


def test_unions_without_a_tag_are_distinguished_by_their_fields() -> None:
    body = {"code": "X", "message": "m", "timestamp": "2026-01-01T00:00:00.000Z"}
    simple = models.ErrorBody.from_dict({**body, "details": {"name": "Oops", "stack": "s"}})
    fields: dict[str, Any] = {
        "name": "ValidationError",
        "formErrors": [],
        "fieldErrors": {"a": ["b"]},
    }
    refused = models.ErrorBody.from_dict({**body, "details": fields})
    assert isinstance(simple.details, models.ErrorDetails)
    assert isinstance(refused.details, models.ValidationErrorDetails)
    assert refused.details.field_errors == {"a": ["b"]}
    assert refused.timestamp == datetime(2026, 1, 1, tzinfo=UTC)


def test_models_are_made_of_arguments_and_constants_are_filled_in() -> None:
    image = models.ImageUrlPart(image_url=models.ImageUrl(url="https://x/y.png"))
    message = models.UserMessage(content=[models.TextPart(text="see"), image, {"type": "new"}])
    assert message.to_dict() == {
        "role": "user",
        "content": [
            {"type": "text", "text": "see"},
            {"type": "image_url", "image_url": {"url": "https://x/y.png"}},
            {"type": "new"},
        ],
    }
    assert models.ThinkingOptions().to_dict() == {}, "defaults of the service are not filled in"
    assert models.ToolMessage(content=None, tool_call_id="a").to_dict()["content"] is None


@pytest.mark.parametrize("name", CLASSES)
def test_every_model_is_an_attrs_class(name: str) -> None:
    cls = CLASSES[name]
    assert attrs.has(cast("Any", cls))
    assert names(cls).keys() == SCHEMAS[name]["properties"].keys()
    fields: Any = attrs.fields(attrs.resolve_types(cast("Any", cls)))
    assert all(field.kw_only for field in fields)
    assert not [field.name for field in fields if isinstance(field.type, str)]
    model: Any = cls.from_dict({})
    with pytest.raises(AttributeError):
        model.no_such_field = 1


def filled(name: str) -> dict[str, Any]:
    """Return an object with every documented field, as simple as its schema allows."""
    content = {key: simple(value) for key, value in SCHEMAS[name]["properties"].items()}
    return {**content, "x-unknown": [1]}


def simple(schema: Any) -> Any:
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return filled(name) if name in CLASSES else simple(SCHEMAS[name])
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return simple(schema[key][0])
    if "const" in schema or "enum" in schema:
        return schema["const"] if "const" in schema else schema["enum"][0]
    kinds: Any = schema.get("type", "null")
    kind = kinds[0] if is_list(kinds) else kinds
    if kind == "string" and schema.get("format") == "date-time":
        return "2026-01-01T00:00:00.50Z"
    if kind == "array":
        return [simple(schema["items"])]
    values: dict[str, Any] = {"integer": 1, "number": 0.5, "boolean": True, "object": {}}
    return values.get(kind, "a" if kind == "string" else None)


@pytest.mark.parametrize("name", CLASSES)
def test_every_model_can_be_evolved_and_taken_apart(name: str) -> None:
    cls, content = CLASSES[name], filled(name)
    model = cls.from_dict(content)
    taken = attrs.asdict(cast("Any", model))
    assert taken.keys() == {*names(cls).values(), "additional_properties"}
    assert taken["additional_properties"] == {"x-unknown": [1]}
    for key, attribute in names(cls).items():
        less = cls.from_dict({k: v for k, v in content.items() if k != key})
        changed = evolved(less, **{attribute: None})
        assert (key in less, key in changed) == (False, True), "None that is given is null"
        assert changed.to_dict() == {**content, key: None}
        assert less.to_dict() == {k: v for k, v in content.items() if k != key}


@pytest.mark.parametrize("name", CLASSES)
def test_every_field_can_be_edited_and_taken_away(name: str) -> None:
    cls, content = CLASSES[name], filled(name)
    for key, attribute in names(cls).items():
        model = cls.from_dict(content)
        setattr(model, attribute, "new")
        assert getattr(model, attribute) == model[key] == "new"
        assert model.to_dict() == {**content, key: "new"}
        assert model != cls.from_dict(content)
        delattr(model, attribute)
        assert key not in model
        assert model.to_dict() == {k: v for k, v in content.items() if k != key}


@pytest.mark.parametrize("name", CLASSES)
def test_every_model_works_with_cattrs(name: str) -> None:
    cls, content = CLASSES[name], filled(name)
    converter = cattrs.Converter()
    assert converter.unstructure(cls.from_dict(content)).keys() == {
        *names(cls).values(),
        "additional_properties",
    }

    def is_model(kind: Any) -> bool:
        return isinstance(kind, type) and issubclass(kind, ApiModel)

    def structure(value: Any, kind: Any) -> Any:
        return kind.from_dict(value)

    converter.register_structure_hook_func(is_model, structure)
    converter.register_unstructure_hook_func(is_model, cls.to_dict)
    model = converter.structure(content, cls)
    assert model == cls.from_dict(content)
    assert converter.unstructure(model) == content


def test_cattrs_alone_makes_models_of_plain_fields() -> None:
    content = filled("Balance")
    made = cattrs.structure({"balance": content["balance"]}, models.Balance)
    assert made == models.Balance(balance=content["balance"])


def test_nested_models_can_be_edited() -> None:
    content = {
        "choices": [{"message": {"role": "assistant", "content": "a", "odd": 1}, "odd": 2}],
        "odd": 3,
    }
    response = models.ChatCompletion.from_dict(content)
    message = response.choices[0].message
    message.content = "b"
    function = models.FunctionCall(name="f", arguments="{}")
    message.tool_calls = [models.ToolCall(id="c", function=function)]
    function.name = "g"
    response.choices.append(models.ChatChoice.from_dict({"index": 1}))
    response.additional_properties["more"] = 4
    calls = [{"id": "c", "type": "function", "function": {"name": "g", "arguments": "{}"}}]
    assert response.to_dict() == {
        "choices": [
            {
                "message": {"role": "assistant", "content": "b", "odd": 1, "tool_calls": calls},
                "odd": 2,
            },
            {"index": 1},
        ],
        "odd": 3,
        "more": 4,
    }
    assert models.ChatCompletion.from_dict(response.to_dict()) == response


@pytest.mark.parametrize("name", CLASSES)
def test_every_model_can_be_pickled_and_copied(name: str) -> None:
    cls, content = CLASSES[name], filled(name)
    for sent in (content, {}, dict.fromkeys(content), {"x-unknown": [1]}):
        model = cls.from_dict(sent)
        copies: list[Any] = [copy.copy(model), copy.deepcopy(model)]
        copies += [pickle.loads(pickle.dumps(model, protocol)) for protocol in range(2, 6)]
        for other in copies:
            assert type(other) is cls
            assert other == model
            assert other.to_dict() == sent
            other.additional_properties["more"] = 1
            assert model.to_dict() == sent


@pytest.mark.parametrize("name", CLASSES)
def test_every_model_matches_a_pattern_of_each_field(name: str) -> None:
    cls, content = CLASSES[name], filled(name)
    model = cls.from_dict(content)
    for attribute in names(cls).values():
        scope: dict[str, Any] = {"model": model, name: cls, "found": None}
        exec(f"match model:\n    case {name}({attribute}=value): found = [value]", scope)
        assert scope["found"] == [getattr(model, attribute)]


def test_models_match_patterns_by_keyword() -> None:
    response: Any = models.ChatCompletion.from_dict(
        {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}}]}
    )
    content: str | None = None
    match response:
        case models.ChatCompletion(id=str()):
            pytest.fail("the id was not sent")
        case models.ChatCompletion(choices=[models.ChatChoice(index=0, message=message)]):
            content = message.content
        case _:
            pass
    assert content == "Hi"


def test_absent_null_and_missing_show_in_repr_and_equality() -> None:
    absent, null = models.ChatChoice.from_dict({}), models.ChatChoice.from_dict({"logprobs": None})
    assert "logprobs" not in repr(absent)
    assert "logprobs=None" in repr(null)
    assert "id=<missing>" in repr(models.ChatCompletion.from_dict({}))
    assert not hasattr(models.ChatCompletion.from_dict({}), "id")
    assert models.Balance.from_dict({}) != models.Balance.from_dict({"balance": None})


def test_none_is_sent_for_what_was_given_as_none_only() -> None:
    request = models.CreateChatCompletionRequest(messages=[], seed=None)
    assert request.to_dict() == {"messages": [], "seed": None}
    assert request.temperature is None
    assert evolved(request, temperature=1).to_dict() == {
        "messages": [],
        "seed": None,
        "temperature": 1,
    }


def test_evolving_and_copying_shares_no_unknown_fields() -> None:
    model = models.Balance.from_dict({"balance": 1, "odd": 1})
    twin = evolved(model, balance=2)
    twin.additional_properties["odd"] = 2
    assert model.to_dict() == {"balance": 1, "odd": 1}
    assert twin.to_dict() == {"balance": 2, "odd": 2}


def test_instants_keep_the_text_they_came_as_until_they_are_changed() -> None:
    text = "2026-01-01T12:00:00.500+02:00"
    profile = models.Profile.from_dict({"createdAt": text, "nextResetAt": "soon"})
    assert profile.created_at == datetime(2026, 1, 1, 10, 0, 0, 500_000, tzinfo=UTC)
    assert cast("Any", profile.next_reset_at) == "soon"
    for twin in (profile, evolved(profile), pickle.loads(pickle.dumps(profile))):
        assert twin.to_dict() == {"createdAt": text, "nextResetAt": "soon"}
    profile.created_at = profile.created_at.replace(year=2027)
    assert profile["createdAt"] == "2027-01-01T10:00:00.500000Z"


def test_changing_what_to_dict_gave_changes_no_model() -> None:
    model = models.ChatCompletion.from_dict({"id": "x", "choices": [{"index": 0}]})
    model.to_dict()["choices"].append(1)
    assert model.to_dict() == {"id": "x", "choices": [{"index": 0}]}


def test_repr_names_what_is_there_and_cuts_long_text() -> None:
    model = models.AssistantMessage.from_dict(
        {"role": "assistant", "content": "a" * 1000, "refusal": None, "tool_calls": []}
    )
    assert repr(model).startswith("AssistantMessage(role='assistant', content='aaa")
    assert "(1000 characters)" in repr(model)
    assert "refusal=None" in repr(model)
    assert "tool_calls=[]" in repr(model)
    assert len(repr(model)) < 300


def test_what_is_nested_too_deeply_is_an_error_of_ours() -> None:
    nested: Any = "x"
    for _ in range(5000):
        nested = [nested]
    balance = models.Balance.from_dict({"balance": 1, "odd": nested})
    with pytest.raises(PollinationsError, match="nested too deeply"):
        balance.to_dict()
    balance.additional_properties["odd"] = balance
    with pytest.raises(PollinationsError, match="contains itself"):
        balance.to_dict()


def test_from_dict_wants_a_mapping() -> None:
    wrongs: list[Any] = [None, [], "text", 1]
    for wrong in wrongs:
        with pytest.raises(TypeError, match="mapping"):
            models.Balance.from_dict(wrong)


def test_unset_is_one_object_however_it_is_copied() -> None:
    for twin in (copy.copy(UNSET), copy.deepcopy(UNSET), pickle.loads(pickle.dumps(UNSET))):
        assert twin is UNSET
    assert not UNSET
    assert repr(UNSET) == "UNSET"


def test_models_equal_only_their_own_kind() -> None:
    content = {"type": "text", "text": "a"}
    part, block = models.TextPart.from_dict(content), models.TextBlock.from_dict(content)
    assert part == models.TextPart.from_dict(dict(content))
    assert part != block
    assert part != content
    with pytest.raises(TypeError, match="unhashable"):
        hash(part)


def test_every_exported_model_can_be_loaded_and_nothing_else() -> None:
    for name in models.__all__:
        assert getattr(models, name) is not None
    assert set(dir(models)) == set(models.__all__)
    with pytest.raises(AttributeError, match="Nonsense"):
        _ = models.Nonsense
    assert json.loads(json.dumps(sorted(models.__all__)))
