"""Client for pollinations.ai API, generated from its contract.

    from pollinations_client import Pollinations

    with Pollinations() as client:
        print(client.text.generate("Say hello"))

The key is read from the environment variable POLLINATIONS_API_KEY or given as `api_key`. Everything is loaded when it
is first used. Errors derive from `PollinationsError`; models are in `pollinations_client.models`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import api, errors, models, types
    from ._content import Binary, Metadata, Text
    from ._http import Timeout
    from ._responses import AsyncStreamedResponse, StreamedResponse
    from ._streams import AsyncStream, Stream
    from .client import AsyncPollinations, Pollinations
    from .errors import (
        APIConnectionError,
        APIStatusError,
        APITimeoutError,
        AuthenticationError,
        BadRequestError,
        ConfigurationError,
        ContentHashError,
        InternalServerError,
        InvalidResponseError,
        MissingFieldError,
        MissingKeyError,
        NotFoundError,
        PaymentRequiredError,
        PermissionDeniedError,
        PollinationsError,
        RateLimitError,
        RequestTimeoutError,
        RequestTooLargeError,
        ResponseTooLargeError,
        StreamError,
        StreamTruncatedError,
        UnsupportedMediaTypeError,
    )
    from .types import UNSET, FileInput, Response, Unset

__version__ = "0.1.0"
"""Version of the contract this package was generated from."""
__api_version__ = "0.3.0"
"""Version of the API that the contract describes."""
__contract_sha256__ = "ed2055c0207ee8ab83bfbd87d1b4336f736d2a1d67c562d97c560117f099c396"
"""SHA-256 of the contract's file, openapi.yaml."""

_MODULES = {
    "AsyncPollinations": "client",
    "AsyncStream": "_streams",
    "AsyncStreamedResponse": "_responses",
    "Binary": "_content",
    "FileInput": "types",
    "Metadata": "_content",
    "Pollinations": "client",
    "Response": "types",
    "Stream": "_streams",
    "StreamedResponse": "_responses",
    "Text": "_content",
    "Timeout": "_http",
    "UNSET": "types",
    "Unset": "types",
    "APIConnectionError": "errors",
    "APIStatusError": "errors",
    "APITimeoutError": "errors",
    "AuthenticationError": "errors",
    "BadRequestError": "errors",
    "ConfigurationError": "errors",
    "ContentHashError": "errors",
    "InternalServerError": "errors",
    "InvalidResponseError": "errors",
    "MissingFieldError": "errors",
    "MissingKeyError": "errors",
    "NotFoundError": "errors",
    "PaymentRequiredError": "errors",
    "PermissionDeniedError": "errors",
    "PollinationsError": "errors",
    "RateLimitError": "errors",
    "RequestTimeoutError": "errors",
    "RequestTooLargeError": "errors",
    "ResponseTooLargeError": "errors",
    "StreamError": "errors",
    "StreamTruncatedError": "errors",
    "UnsupportedMediaTypeError": "errors",
}
_SUBMODULES = ("api", "errors", "models", "types")

__all__ = (
    "AsyncPollinations",
    "AsyncStream",
    "AsyncStreamedResponse",
    "Binary",
    "FileInput",
    "Metadata",
    "Pollinations",
    "Response",
    "Stream",
    "StreamedResponse",
    "Text",
    "Timeout",
    "UNSET",
    "Unset",
    "__api_version__",
    "__contract_sha256__",
    "__version__",
    "api",
    "errors",
    "models",
    "types",
    "APIConnectionError",
    "APIStatusError",
    "APITimeoutError",
    "AuthenticationError",
    "BadRequestError",
    "ConfigurationError",
    "ContentHashError",
    "InternalServerError",
    "InvalidResponseError",
    "MissingFieldError",
    "MissingKeyError",
    "NotFoundError",
    "PaymentRequiredError",
    "PermissionDeniedError",
    "PollinationsError",
    "RateLimitError",
    "RequestTimeoutError",
    "RequestTooLargeError",
    "ResponseTooLargeError",
    "StreamError",
    "StreamTruncatedError",
    "UnsupportedMediaTypeError",
)


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return import_module(f".{name}", __name__)
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{module}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
