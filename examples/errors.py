"""Handle each way in which a call can fail."""

import os

from pollinations_client import (
    APIConnectionError,
    AuthenticationError,
    BadRequestError,
    PaymentRequiredError,
    Pollinations,
    PollinationsError,
    RateLimitError,
    StreamTruncatedError,
)

client = Pollinations(
    api_key=os.environ.get("POLLINATIONS_API_KEY", "sk_demo1234"),
    base_url=os.environ.get("BASE_URL", "http://127.0.0.1:8787"),
    max_retries=0,
)


def caption(subject: str, fault: str = "") -> str:
    """Return a caption, or what went wrong."""
    try:
        with client.chat.completions.create(
            messages=[{"role": "user", "content": f"A caption for {subject}."}],
            stream=True,
            extra_headers={"X-Contract-Fault": fault} if fault else None,
        ) as stream:
            return stream.final().choices[0].message.content or ""
    except AuthenticationError:
        return "the key is missing or invalid"
    except PaymentRequiredError as error:
        return f"no pollen left: {error.message}"
    except RateLimitError as error:
        return f"too many requests; try again in {error.retry_after} s"
    except BadRequestError as error:
        return f"invalid request: {error.field_errors}"
    except StreamTruncatedError as error:
        return f"cut off after {len(error.partial.choices[0].message.content)} characters"
    except APIConnectionError as error:
        return f"not reached: {type(error).__name__}"
    except PollinationsError as error:  # the base of all of them
        return f"failed: {type(error).__name__}"


print(caption("a bee"))
for fault in ("limited-short", "stream-stops", "reset-at-once", "edge-524"):
    print(f"{fault}: {caption('a bee', fault)}")
try:
    client.image.generate("a bee", extra_query={"width": "wide"})
except BadRequestError as error:
    print(error.field_errors)
