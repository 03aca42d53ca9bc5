"""Test that one cause is one difference."""

from __future__ import annotations

import copy

from tests.conformance.drift.documents import (
    BOTH,
    CLIENTS,
    DOCS,
    FINE,
    base,
    differences,
    inlined,
)


def test_one_change_behind_many_references_is_one_difference() -> None:
    theirs = base()
    theirs["components"]["schemas"]["Error"]["properties"]["message"]["maxLength"] = 80
    found = differences(base(), theirs)
    assert len(found) == 1
    assert len(found[0].occurrences) == 2
    assert found[0].operations == ["GET /things/{id}", "POST /things"]


def test_the_same_gap_in_several_inline_envelopes_is_one_difference() -> None:
    theirs = inlined(base())
    for status in (
        theirs["paths"]["/things/{id}"]["get"]["responses"]["404"],
        theirs["paths"]["/things"]["post"]["responses"]["4XX"],
    ):
        status["content"]["application/json"]["schema"]["required"] = []
    found = differences(inlined(base()), theirs)
    assert [(d.first.kind, d.first.path, len(d.occurrences)) for d in found] == [
        ("required", "message", 2)
    ]


def test_what_differs_in_one_document_only_by_its_text_stays_apart() -> None:
    theirs = base()
    theirs["components"]["schemas"]["Thing"]["properties"]["name"]["maxLength"] = 3
    theirs["paths"]["/things/{id}"]["get"]["responses"]["404"].pop("content")
    content = theirs["paths"]["/things"]["post"]["responses"]["4XX"]["content"]
    content["text/plain"] = content.pop("application/json")
    found = {
        (d.first.kind, d.first.ours, d.first.theirs): len(d.occurrences)
        for d in differences(base(), theirs)
    }
    assert found == {
        ("length", "no maxLength", "maxLength 3"): 4,  # sent and received, there and in the parent
        ("media type", "application/json", "no body"): 1,
        ("media type", "application/json", "not application/json"): 1,
        ("media type", "not text/plain", "text/plain"): 1,
    }


def test_members_of_a_union_are_compared_with_their_own_kind() -> None:
    theirs = base()
    image = theirs["components"]["schemas"]["Part"]["oneOf"][1]
    image["properties"]["url"]["maxLength"] = 5
    (found,) = differences(base(), theirs)
    assert found.first.path == "parts[](type=image).url"


def test_a_further_name_that_ours_knows_is_another_name_of_the_operation() -> None:
    ours, theirs = base(), base()
    ours["paths"]["/things"]["post"]["x-aliases"] = [{"path": "/stuff"}]
    theirs["paths"]["/stuff"] = theirs["paths"].pop("/things")
    assert differences(ours, theirs) == []


def test_paths_that_moved_below_a_prefix_are_one_difference_and_compared() -> None:
    theirs = base()
    theirs["paths"] = {f"/v2{path}": item for path, item in theirs["paths"].items()}
    theirs["paths"]["/v2/things"]["post"]["requestBody"]["required"] = False
    for one, other in ((base(), theirs), (theirs, base())):
        found = differences(one, other)
        assert (found[0].first.kind, len(found[0].occurrences), found[0].label) == ("path", 2, BOTH)
        assert [d.first.kind for d in found[1:]] == ["required"]
    theirs["paths"] = base()["paths"]
    theirs["servers"] = [{"url": "https://api.example.org/v2"}]
    assert [(d.first.kind, d.first.theirs) for d in differences(base(), theirs)] == [
        ("path", "below /v2")
    ]
    theirs["paths"] = {"/things/{rest}{.+}": base()["paths"]["/things/{id}"]}
    theirs["servers"] = base()["servers"]
    assert [d.first.kind for d in differences(base(), theirs)] == ["operation"]


def test_beside_paths_that_moved_one_may_have_moved_less_deep() -> None:
    ours = base()
    ours["paths"]["/users/me"] = {"get": {"responses": {"200": {"description": "You"}}}}
    theirs = copy.deepcopy(ours)
    theirs["paths"] = {
        ("/api" if path == "/users/me" else "/api/v2") + path: item
        for path, item in theirs["paths"].items()
    }
    assert {
        (d.first.kind, d.first.theirs, len(d.occurrences)) for d in differences(ours, theirs)
    } == {
        ("path", "below /api/v2", 2),
        ("path", "below /api", 1),
    }


def test_slashes_at_the_end_of_paths_are_one_difference_and_compared() -> None:
    theirs = base()
    theirs["paths"] = {
        "/v2/things/{id}/": theirs["paths"]["/things/{id}"],
        "/v2/things/": theirs["paths"]["/things"],
    }
    for one, other in ((base(), theirs), (theirs, base())):
        found = differences(one, other)
        assert [(d.first.kind, len(d.occurrences), d.label) for d in found] == [
            ("path", 2, BOTH)
        ] * 2
        assert {d.first.theirs for d in found} & {"a slash at the end", "no slash at the end"}
    both = base()
    both["paths"]["/things/"] = theirs["paths"]["/v2/things/"]
    (new,) = differences(base(), both)
    assert (new.first.kind, new.first.theirs) == ("operation", "POST /things/")


def test_the_same_change_of_a_list_of_values_is_one_difference_wherever_it_is_written() -> None:
    ours = base()
    ours["paths"]["/things"]["post"]["parameters"] = [
        {"name": "kind", "in": "query", "schema": {"type": "string", "enum": ["y", "x"]}},
        {"name": "sort", "in": "query", "schema": {"type": "string", "enum": ["y", "x"]}},
    ]
    body = ours["components"]["schemas"]["Thing"]["properties"]
    body["kind"] = {"type": "string", "enum": ["x", "y"]}
    theirs = copy.deepcopy(ours)
    theirs["paths"]["/things/{id}"]["get"]["parameters"][2]["schema"]["enum"].append("z")
    for index in (0, 1):
        schema = theirs["paths"]["/things"]["post"]["parameters"][index]["schema"]
        schema["enum"].append("z")
    found = differences(ours, theirs)
    assert [(d.occurrences[0][0].name, len(d.occurrences)) for d in found] == [
        ("sort", 1),
        ("kind", 2),
    ]
    theirs["components"]["schemas"]["Thing"]["properties"]["kind"]["enum"].append("z")
    assert [d.first.kind for d in differences(ours, theirs)] == ["enum", "enum"]


def test_members_of_a_union_that_went_or_came_are_one_difference() -> None:
    ours = base()
    part = {"type": "object", "required": ["type"], "properties": {"type": {"const": "sound"}}}
    ours["components"]["schemas"]["Part"]["oneOf"].append(part)
    theirs = copy.deepcopy(ours)
    del theirs["components"]["schemas"]["Part"]["oneOf"][1:]
    (found,) = differences(ours, theirs)
    assert found.first.ours == 'object(type="image") | object(type="sound")'
    assert found.first.theirs == "no such alternative"
    theirs["components"]["schemas"]["Part"] = {"type": ["string", "integer"]}
    (found,) = differences(ours, theirs)
    assert (found.first.kind, found.label) == ("type", BOTH)
    assert found.first.theirs == "string | integer"


def test_the_same_gap_in_every_kind_of_message_is_one_difference() -> None:
    theirs = base()
    for member in theirs["components"]["schemas"]["Part"]["oneOf"]:
        member["properties"]["note"] = {"type": "string"}
    ours = copy.deepcopy(theirs)
    for member in theirs["components"]["schemas"]["Part"]["oneOf"]:
        member["properties"]["note"]["maxLength"] = 9
    (found,) = differences(ours, theirs)
    assert {one.path for _, one in found.occurrences} >= {
        "parts[](type=text).note",
        "parts[](type=image).note",
    }


def test_closing_every_object_is_one_difference_and_closing_two_are_two() -> None:
    names = [f"part{number}" for number in range(6)]
    ours = base()
    ours["components"]["schemas"]["Error"]["properties"] |= {
        name: {"type": "object", "properties": {"a": {"type": "string"}}} for name in names
    }
    for closed, lines in ((names, 1), (names[:2], 2)):
        theirs = copy.deepcopy(ours)
        for name in closed:
            schema = theirs["components"]["schemas"]["Error"]["properties"][name]
            schema["additionalProperties"] = False
        assert len(differences(ours, theirs)) == lines


def test_formats_that_nobody_asserts_are_one_difference() -> None:
    theirs = base()
    theirs["components"]["schemas"]["Thing"]["properties"]["count"]["format"] = "int64"
    theirs["paths"]["/things/{id}"]["get"]["parameters"][1]["schema"]["format"] = "int64"
    (found,) = differences(base(), theirs)
    assert (found.label, found.first.theirs) == (DOCS, "int64")
    assert len({one.theirs_at for _, one in found.occurrences}) == 2


def test_parameters_and_required_headers_that_are_missing_stay_apart_by_their_names() -> None:
    ours = base()
    response = ours["paths"]["/things/{id}"]["get"]["responses"]["200"]
    response["headers"]["X-More"] = {"required": True, "schema": {"type": "string"}}
    theirs = copy.deepcopy(ours)
    get = theirs["paths"]["/things/{id}"]["get"]
    get["parameters"] = [one for one in get["parameters"] if one["name"] in ("id", "size")]
    get["responses"]["200"]["headers"] = {}
    names = [
        (d.first.kind, d.occurrences[0][0].name, len(d.occurrences))
        for d in differences(ours, theirs)
    ]
    assert sorted(names) == [
        ("header", "x-id", 1),
        ("header", "x-more", 1),
        ("parameter", "kind", 1),
        ("parameter", "x-trace", 1),
    ]


def test_members_of_a_snapshot_may_come_but_not_go() -> None:
    ours, theirs = base(), base()
    ours["paths"]["/things/{id}"]["get"]["parameters"][2]["schema"]["x-values-from"] = "/list"
    schema = theirs["paths"]["/things/{id}"]["get"]["parameters"][2]["schema"]
    schema["enum"] = ["x", "y", "z"]
    assert [d.label for d in differences(ours, theirs)] == [FINE]
    schema["enum"] = ["x"]
    assert [d.label for d in differences(ours, theirs)] == [CLIENTS]
