"""The contract finds the operation that a request reaches, as the service would."""

import pytest

from pollinations_conformance.contract import Contract
from tests.conformance.contract.helpers import found


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/text/hello", "generateText"),
        ("GET", "/text/a%2Fb%0Ac", "generateText"),
        ("GET", "/text/%E4%zz", "generateText"),
        ("GET", "/text/a/b", None),
        ("GET", "/text/", None),
        ("GET", "/text/hello/", None),
        ("GET", "/audio/a/b", None),
        ("GET", "/image/a/b%0Ac", "generateImage"),
        ("GET", "/image/a\nb", "generateImage"),
        ("GET", "/image/", None),
        ("GET", "/image/models", "listImageModels"),
        ("GET", "/text/models", "listTextModels"),
        ("GET", "/audio/models", "listAudioModels"),
        ("GET", "/models", "listTextModels"),
        ("GET", "/v1/models/", None),
        ("GET", "/v1/models?key=x", "listModels"),
        ("HEAD", "/text/hello", "generateText"),
        ("HEAD", "/v1/chat/completions", None),
        ("GET", "/v1/chat/completions", None),
        ("POST", "/v1/chat/completions/extra", "createChatCompletion"),
        ("POST", "/openai", "createChatCompletionLegacy"),
        ("GET", "/text/../v1/models", "listModels"),
        ("GET", "/text/%2e%2E", None),
        ("GET", "/text/...", "generateText"),
        ("OPTIONS", "/text/hello", None),
        ("GET", "/upload", None),
    ],
)
def test_a_raw_path_reaches_the_operation_that_the_service_would_choose(
    contract: Contract, method: str, path: str, expected: str | None
) -> None:
    assert found(contract, method, path) == expected


def test_a_path_belongs_to_its_host(contract: Contract) -> None:
    assert found(contract, "GET", "/0123456789abcdef", "media") == "getMedia"
    assert found(contract, "HEAD", "/0123456789abcdef", "media") == "headMedia"
    assert found(contract, "GET", "/0123456789abcdef", "gateway") is None
    assert found(contract, "POST", "/upload", "https://media.pollinations.ai/") == "uploadMedia"
    assert found(contract, "POST", "/upload", "elsewhere.example") is None


def test_one_address_for_both_hosts_reaches_media_only_by_paths_that_fit(
    contract: Contract,
) -> None:
    assert found(contract, "GET", "/0123456789abcdef", None) == "getMedia"
    assert found(contract, "GET", "/docs", None) is None
    assert found(contract, "GET", "/text/x", None) == "generateText"


def test_path_parameters_are_decoded_as_leniently_as_the_service_does(contract: Contract) -> None:
    match = contract.find("GET", "/text/a%2Fb%20%F0%9F%8C%B8-%20%E4%zz+", "gateway")
    assert match is not None
    assert match.path_params == {
        "prompt": "a/b 🌸-%20%E4%zz+"
    }  # a run of escapes decodes whole or not at all
