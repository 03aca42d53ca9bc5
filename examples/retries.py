"""Retry and give up on purpose: numbers of retries, limits of time."""

import os

from pollinations_client import APITimeoutError, InternalServerError, Pollinations, Timeout

client = Pollinations(
    api_key=os.environ.get("POLLINATIONS_API_KEY", "sk_demo1234"),
    base_url=os.environ.get("BASE_URL", "http://127.0.0.1:8787"),
    max_retries=2,  # of requests that are safe to repeat; the default
    timeout=Timeout(30, total=120),  # 30 s for each step, 120 s for the whole call
)

# A request that may have cost pollen is not repeated unless `retry_paid=True` allows it. The mock
# server injects the fault that the header names; the service ignores the header.
try:
    client.text.generate("hello", extra_headers={"X-Contract-Fault": "edge-502-html"})
except InternalServerError as error:
    print("failed:", error.status_code)

try:
    client.models.text(
        timeout=Timeout(total=0.3),
        extra_headers={"X-Contract-Fault": "slow-first-byte"},
        max_retries=0,
    )
except APITimeoutError as error:
    print("too slow:", type(error).__name__)

print("available:", len(client.models.text(timeout=10)), "models")
