"""Instructor, in the ways it has of asking for a structure."""

import instructor
from openai import OpenAI
from steps import KEY, PERSON, URL, Person, expect, take

MODES = ("TOOLS", "JSON", "MD_JSON", "JSON_SCHEMA")


def client(mode):
    return instructor.from_openai(
        OpenAI(base_url=f"{URL}/v1", api_key=KEY), mode=getattr(instructor.Mode, mode)
    )


def structured_by(mode):
    def attempt():
        made = client(mode).chat.completions.create(
            model="openai",
            messages=[{"role": "user", "content": PERSON}],
            response_model=Person,
            max_retries=1,
        )
        expect(isinstance(made, Person), made)

    return attempt


def structured():
    for mode in MODES:
        structured_by(mode)()


def stream():
    parts = client("TOOLS").chat.completions.create_partial(
        model="openai", messages=[{"role": "user", "content": PERSON}], response_model=Person
    )
    last = list(parts)[-1]
    expect(last.name and last.age is not None, last)


take({"stream": stream, "structured output": structured})
