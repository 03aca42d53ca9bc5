"""Keys, money, order of checks, cache: what the gateway does around every operation."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any, cast

import httpx
import pytest

from pollinations_conformance.server import RunningServer, create_app, running

pytest_plugins = ("pytester",)

Send = Callable[..., httpx.Response]


def error(response: httpx.Response) -> dict[str, Any]:
    body: dict[str, Any] = response.json()
    assert body["status"] == response.status_code
    assert body["success"] is False
    found: dict[str, Any] = body["error"]
    return found


def test_validation_comes_before_the_missing_key(send: Send) -> None:
    response = send("POST", "/v1/chat/completions", None, json={"messages": "x"})
    assert response.status_code == 400
    assert error(response)["details"]["fieldErrors"].keys() == {"messages"}


def test_an_invalid_key_comes_before_validation(send: Send) -> None:
    headers = {"Authorization": "Bearer sk_nobody"}
    response = send("POST", "/v1/chat/completions", None, json={"messages": "x"}, headers=headers)
    assert response.status_code == 401
    assert error(response)["message"].startswith("Invalid API key")


def test_an_unknown_model_comes_before_the_missing_key(send: Send) -> None:
    body: dict[str, Any] = {"messages": [], "model": "no-such"}
    response = send("POST", "/v1/chat/completions", None, json=body)
    assert response.status_code == 400
    assert error(response)["message"] == (
        'Invalid service or alias: "no-such". Must be a valid service name or alias.'
    )
    assert "details" not in error(response)


@pytest.mark.parametrize(
    ("key", "status", "text"),
    [
        ("empty-balance", 402, "Insufficient pollen balance to use this model"),
        ("exhausted-budget", 402, "API key budget exhausted"),
        ("orphan", 402, "not associated with a valid user"),
        ("restricted", 403, "Model 'openai' is not allowed for this API key"),
        ("no-models", 403, "Model 'openai' is not allowed for this API key"),
        ("expired", 401, "Invalid API key"),
    ],
)
def test_a_key_that_may_not_generate(chat: Send, key: str, status: int, text: str) -> None:
    response = chat(f"asked by {key}", key=key)
    assert response.status_code == status
    assert text in error(response)["message"]


def test_paid_models_need_a_paid_balance(chat: Send) -> None:
    assert chat("free", key="other-account").status_code == 200
    response = chat("paid", key="other-account", model="claude-large")
    assert response.status_code == 402
    assert "paid balance" in error(response)["message"]


def test_a_call_lowers_the_balance_by_the_cost_of_its_record() -> None:
    with running() as server, httpx.Client(base_url=server.base_url) as http:
        http.headers["Authorization"] = f"Bearer {server.keys['budgeted']}"
        before = http.get("/account/balance").json()["balance"]
        body = {"messages": [{"role": "user", "content": "hi"}], "model": "claude"}
        response = http.post("/v1/chat/completions", json=body)
        record = http.get("/account/usage").json()["usage"][0]
        after = http.get("/account/balance").json()["balance"]
    usage = response.json()["usage"]
    assert record["input_text_tokens"] == usage["prompt_tokens"]
    assert record["output_text_tokens"] == usage["completion_tokens"]
    assert record["model"] == response.headers["x-model-used"]
    assert record["cost_usd"] == pytest.approx(
        3e-6 * usage["prompt_tokens"] + 15e-6 * usage["completion_tokens"]
    )
    assert before - after == pytest.approx(record["cost_usd"])


def test_balances_are_used_in_their_order() -> None:
    app = create_app()
    key = app.service.accounts.create_from("name=buckets,balance=1,account=usage")
    assert key.user is not None
    key.user.balances.update(tier=key.user.total / 1_000_000, crypto=key.user.total / 1_000_000)
    with running(app=app) as server:
        headers = {"Authorization": f"Bearer {server.keys['buckets']}"}
        with httpx.Client(base_url=server.base_url, headers=headers) as http:
            for number in range(3):
                body = {"messages": [{"role": "user", "content": f"{number}"}], "model": "claude"}
                assert http.post("/v1/chat/completions", json=body).status_code == 200
            records = http.get("/account/usage").json()["usage"]
    assert [r["meter_source"] for r in records] == ["pack", "crypto", "tier"]


def test_daily_sums_are_kept_for_an_hour_and_agree_with_the_records() -> None:
    now = [1_800_000_000.0]
    with running(clock=lambda: now[0]) as server:
        headers = {"Authorization": f"Bearer {server.keys['secret']}"}
        with httpx.Client(base_url=server.base_url, headers=headers) as http:
            http.get("/text/one")
            first = http.get("/account/usage/daily").json()
            http.get("/text/two")
            assert http.get("/account/usage/daily").json() == first
            now[0] += 3601
            daily = http.get("/account/usage/daily").json()["usage"]
            records = http.get("/account/usage").json()["usage"]
    assert sum(row["requests"] for row in daily) == len(records) == 2
    assert sum(row["cost_usd"] for row in daily) == pytest.approx(
        sum(record["cost_usd"] for record in records)
    )


def test_a_publishable_key_waits_as_long_as_its_call_cost() -> None:
    now = [1_800_000_000.0]
    with running(clock=lambda: now[0]) as server:
        headers = {"Authorization": f"Bearer {server.keys['publishable']}"}
        with httpx.Client(base_url=server.base_url, headers=headers) as http:
            small = "?width=8&height=8&model=kontext"
            assert http.get(f"/image/one{small}").status_code == 200
            refused = http.get(f"/image/two{small}")
            assert refused.status_code == 429
            assert refused.json().keys() == {"error", "message", "retryAfterSeconds"}
            assert refused.json()["retryAfterSeconds"] == pytest.approx(0.04 * 3600)
            assert refused.headers["retry-after"] == "144"
            assert http.get("/v1/models").status_code == 200
            now[0] += 145
            assert http.get(f"/image/two{small}").status_code == 200


def test_the_limit_of_the_key_store_is_reported_in_the_envelope() -> None:
    with running(clock=lambda: 1_800_000_000.0) as server:
        headers = {"Authorization": f"Bearer {server.keys['rate-limited']}"}
        with httpx.Client(base_url=server.base_url, headers=headers) as http:
            responses = [http.get("/account/balance") for _ in range(6)]
    assert [a.status_code for a in responses] == [200] * 5 + [429]
    assert error(responses[-1])["code"] == "RATE_LIMITED"


def test_responses_are_dated_by_the_clock_of_the_server() -> None:
    with running(clock=lambda: 1_800_000_000.0) as server:
        for response in (
            httpx.get(f"{server.base_url}/v1/models"),
            httpx.get(f"{server.base_url}/account/balance"),
            httpx.head(f"{server.media_url}/0123456789abcdef"),
        ):
            assert response.headers.get_list("date") == ["Fri, 15 Jan 2027 08:00:00 GMT"]


def test_the_edge_limits_addresses_on_request() -> None:
    with running(edge_limit=3) as server, httpx.Client(base_url=server.base_url) as http:
        responses = [http.get("/v1/models") for _ in range(4)]
        assert [a.status_code for a in responses] == [200, 200, 200, 429]
        assert error(responses[-1])["message"].startswith("Too many requests from this IP")
        assert "retry-after" not in responses[-1].headers


def test_a_repeated_question_is_a_free_hit_for_everybody(send: Send, chat: Send) -> None:
    first = chat("cached?")
    balance = send("GET", "/account/balance").json()
    second = chat("cached?")
    third = chat("cached?", key=None)
    assert send("GET", "/account/balance").json() == balance
    assert [a.headers["x-cache"] for a in (first, second, third)] == ["MISS", "HIT", "HIT"]
    assert first.content == second.content == third.content
    assert "x-model-used" in first.headers
    assert "x-model-used" not in second.headers
    assert second.headers["x-cache-key"] == first.headers["x-cache-key"]


def test_a_random_seed_is_never_cached(chat: Send) -> None:
    first, second = (chat("random?", seed=-1) for _ in range(2))
    assert "x-cache" not in first.headers
    assert first.json()["choices"] != second.json()["choices"]


def test_concurrent_identical_requests_share_one_response() -> None:
    async def a_while(_seconds: float) -> None:
        await asyncio.sleep(0.01)

    app = create_app(latency=5, sleep=a_while)

    async def four() -> tuple[list[httpx.Response], httpx.Response]:
        transport = httpx.ASGITransport(app)
        headers = {"Authorization": f"Bearer {app.keys['secret']}"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://gen.test", headers=headers
        ) as client:
            image = "/image/twins?width=8&height=8"
            responses = await asyncio.gather(*(client.get(image) for _ in range(4)))
            return list(responses), await client.get("/account/usage")

    responses, usage = asyncio.run(four())
    kinds = sorted((r.headers["x-cache"], r.headers.get("x-cache-type", "")) for r in responses)
    assert len({r.content for r in responses}) == 1
    assert kinds == [("HIT", "DEDUP")] * 3 + [("MISS", "")]
    assert usage.json()["count"] == 1


def test_refusals_are_shared_but_not_kept(chat: Send) -> None:
    first, second = (chat("refused", model="no-such") for _ in range(2))
    assert [a.headers["x-cache"] for a in (first, second)] == ["MISS", "MISS"]


@pytest.mark.parametrize("path", ["/nope", "/v1/models/", "/text/a/b", "/text/", "/image/"])
def test_unknown_paths(send: Send, path: str) -> None:
    response = send("GET", path)
    assert response.status_code == 404
    assert error(response)["code"] == "NOT_FOUND"


def test_a_wrong_method_is_404_and_for_strict_servers_405(send: Send) -> None:
    assert send("POST", "/v1/models", json={}).status_code == 404
    with running(strict=True) as server:
        response = httpx.post(server.base_url + "/v1/models", json={})
    assert response.status_code == 405
    assert response.headers["allow"] == "GET"


def test_prompts_arrive_as_they_were_encoded(send: Send) -> None:
    for prompt, encoded in (
        ("a/b", "a%2Fb"),
        ("a\nb", "a%0Ab"),
        ("50%", "50%25"),
        ("🌸", "%F0%9F%8C%B8"),
    ):
        response = send("GET", f"/text/{encoded}?seed=7")
        assert " ".join(prompt.split()) in response.text
    assert send("GET", "/image/a/b%0Ac/d?width=8&height=8").status_code == 200


def test_request_ids_are_echoed_or_made(send: Send) -> None:
    def given(value: str) -> str:
        return send("GET", "/nope", headers={"X-Request-Id": value}).headers["x-request-id"]

    assert given("mine_1-2=") == "mine_1-2="
    assert given("not mine") != "not mine"
    assert given("x" * 256) != "x" * 256
    assert (
        send("GET", "/nope").headers["x-request-id"] != send("GET", "/nope").headers["x-request-id"]
    )


def test_usage_as_csv_quotes_what_needs_it() -> None:
    app = create_app()
    owner = app.service.accounts.create_from("name=x").user
    app.service.accounts.create('say "hi", twice', owner, account=("usage",))
    with running(app=app) as server:
        headers = {"Authorization": "Bearer " + server.keys['say "hi", twice']}
        with httpx.Client(base_url=server.base_url, headers=headers) as http:
            http.get("/text/hello")
            table = http.get("/account/usage?format=csv")
    lines = table.text.split("\n")
    assert table.headers["content-type"] == "text/csv"
    assert len(lines) == 2
    assert '"say ""hi"", twice"' in lines[1]


def test_before_excludes_the_moment_itself() -> None:
    now = [1_800_000_000.0]
    with running(clock=lambda: now[0]) as server:
        headers = {"Authorization": f"Bearer {server.keys['secret']}"}
        with httpx.Client(base_url=server.base_url, headers=headers) as http:
            for number in range(3):
                http.get(f"/text/{number}")
                now[0] += 10
            usage = http.get("/account/usage").json()["usage"]
            middle = usage[1]["timestamp"].replace(" ", "T")
            older = http.get("/account/usage", params={"before": middle}).json()["usage"]
            zoned = http.get("/account/usage", params={"before": middle + "Z"}).json()["usage"]
    assert older == zoned == usage[2:]


def test_the_application_needs_no_server_and_tells_its_hosts_apart() -> None:
    app = create_app(seed=3)
    headers = {"Authorization": f"Bearer {app.keys['secret']}"}

    async def talk() -> tuple[httpx.Response, httpx.Response, httpx.Response]:
        transport = httpx.ASGITransport(app=cast("Any", app))
        async with httpx.AsyncClient(transport=transport, headers=headers) as http:
            text = await http.get("https://gen.pollinations.ai/text/hello")
            kind = {"Content-Type": "image/png"}
            stored = await http.post(
                "https://media.pollinations.ai/upload", content=b"x", headers=kind
            )
            return text, stored, await http.get(stored.json()["url"])

    text, stored, back = asyncio.run(talk())
    assert text.status_code == 200
    assert stored.json()["url"] == f"https://media.pollinations.ai/{stored.json()['id']}"
    assert back.content == b"x"


def test_the_same_seed_gives_the_same_server() -> None:
    def first(seed: int) -> tuple[dict[str, str], str]:
        with running(seed=seed) as server:
            key = {"key": server.keys["secret"]}
            return server.keys, httpx.get(server.base_url + "/text/hello", params=key).text

    assert first(1) == first(1)
    assert first(1) != first(2)


def test_no_response_waits_for_an_acknowledgement(send: Send) -> None:
    started = time.perf_counter()
    for _ in range(50):
        send("GET", "/account/balance")
    assert time.perf_counter() - started < 1.5  # it was 2.2 s with Nagle's algorithm


def test_the_pytest_plugin_imports_nothing_but_itself() -> None:
    code = (
        "import sys, pollinations_conformance.server.pytest_plugin; "
        "print([m for m in ('uvicorn', 'yaml', 'jsonschema_rs', 'av') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_fixture_of_the_package(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import urllib.request

        def test_models(pollinations_server):
            address = pollinations_server.base_url + "/v1/models"
            assert urllib.request.urlopen(address).status == 200
        """
    )
    plugin = "pollinations_conformance.server.pytest_plugin"
    installed = any(point.value == plugin for point in entry_points(group="pytest11"))
    done = pytester.runpytest(*([] if installed else ["-p", plugin]), "-p", "no:cacheprovider")
    done.assert_outcomes(passed=1)


# --- preflights, other paths, profiles ------------------------------------------------------------


def preflight(address: str, requested: str | None) -> list[str]:
    headers = {"Origin": "http://a.test", "Access-Control-Request-Method": "POST"}
    if requested is not None:
        headers["Access-Control-Request-Headers"] = requested
    response = httpx.options(f"{address}/v1/chat/completions", headers=headers)
    assert response.status_code == 204
    return response.headers["access-control-allow-headers"].split(",")


def test_a_preflight_allows_the_requested_headers_beside_the_usual_ones(
    server: RunningServer,
) -> None:
    assert preflight(server.base_url, None) == ["Content-Type", "Authorization"]
    # What OpenAI's package sends from a browser.
    requested = "authorization,content-type,x-stainless-arch,x-stainless-os"
    assert preflight(server.base_url, requested) == requested.split(",")
    assert preflight(server.base_url, "x-a, ,x b,x(c") == ["Content-Type", "Authorization", "x-a"]
    many = preflight(server.base_url, ",".join(f"x-{n}" for n in range(500)))
    assert len(many) == 66


def test_the_list_of_models_has_the_other_path_that_the_service_has(send: Send) -> None:
    assert send("GET", "/api/generate/v1/models").json()["data"]
    assert send("POST", "/api/generate/v1/models").status_code == 404
    assert send("GET", "/api/generate/v1/nothing").status_code == 404


def test_the_profile_service_departs_where_the_recorded_service_does() -> None:
    with running(profile="service") as server:
        key = {"Authorization": f"Bearer {server.keys['secret']}"}

        def transcribe(model: str, form: str) -> httpx.Response:
            return httpx.post(
                f"{server.base_url}/v1/audio/transcriptions",
                files={"file": ("a.mp3", b"x", "audio/mpeg")},
                data={"model": model, "response_format": form},
                headers=key,
            )

        assert [transcribe("whisper-1", form).status_code for form in ("json", "text", "srt")] == [
            200, 500, 500,
        ]  # fmt: skip
        refused = transcribe("scribe", "vtt")
        assert refused.status_code == 400
        assert "Supported: json, text, verbose_json" in refused.json()["error"]["message"]
        assert transcribe("scribe", "text").status_code == 200
        assert preflight(server.base_url, "x-a") == ["x-a"]
        assert httpx.post(f"{server.base_url}/openai", json={}, headers=key).status_code == 404
        stored = httpx.post(
            f"{server.media_url}/upload",
            content=b"%PDF",
            headers={**key, "Content-Type": "application/pdf"},
        )
        assert stored.json()["contentType"] == "application/pdf"


def test_the_profile_service_refuses_keys_as_the_recorded_service_does() -> None:
    for profile, empty, limited in (("contract", 402, 429), ("service", 403, 401)):
        with running(profile=profile, clock=lambda: 1_767_225_600.0) as server:

            def get(role: str, path: str, server: RunningServer = server) -> httpx.Response:
                return httpx.get(server.base_url + path, params={"key": server.keys[role]})

            refused = get("empty-balance", "/text/hello")
            assert refused.status_code == empty
            assert refused.json()["error"]["message"].startswith("Insufficient pollen balance")
            assert get("exhausted-budget", "/text/hello").status_code == 402
            statuses = [get("rate-limited", "/account/key").status_code for _ in range(7)]
            assert set(statuses) == {200, limited}


def test_the_profile_service_generates_as_the_recorded_service_does() -> None:
    bodies: dict[str, list[bytes]] = {}
    for profile in ("contract", "service"):
        with running(profile=profile) as server:

            def get(path: str, server: RunningServer = server, **query: str) -> httpx.Response:
                query["key"] = server.keys["secret"]
                return httpx.get(server.base_url + path, params=query)

            twice, once = get("/image/a%2520b", width="64"), get("/image/a%20b", width="64")
            assert twice.headers["content-disposition"] == 'inline; filename="a20b.jpg"'
            square = get("/image/a", model="veo", aspectRatio="1:1", duration="1")
            assert square.status_code == (200 if profile == "contract" else 400)
            assert get("/image/a", model="veo", aspectRatio="9:16", duration="1").is_success
            flac = get("/audio/hi", response_format="flac")
            assert flac.headers["content-type"].startswith("audio/")
            bodies[profile] = [twice.content, once.content, flac.content]
    by_contract, by_service = bodies["contract"], bodies["service"]
    assert by_contract[0] != by_contract[1]
    assert by_service[0] == by_service[1] == by_contract[1]
    assert by_contract[2].startswith(b"fLaC")
    assert not by_service[2].startswith(b"fLaC")
    assert len(by_service[2]) % 2 == 0
