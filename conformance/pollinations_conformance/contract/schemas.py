"""Compile the schemas of a contract, each once."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import jsonschema_rs

from pollinations_conformance.contract.document import Document
from pollinations_conformance.contract.model import Json

_URI = "urn:contract"


class Schemas:
    """The schemas of a document by JSON pointer."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._registry: jsonschema_rs.Registry | None = None
        self._validators: dict[tuple[str, str], jsonschema_rs.Draft202012Validator] = {}

    def validator(self, pointer: str) -> jsonschema_rs.Draft202012Validator:
        """Return the compiled validator of the schema at a pointer.

        Args:
            pointer: for example `/components/schemas/Error`.

        Raises:
            ContractError: it is not a usable schema.
        """
        return self._compiled(pointer, "")

    def items_validator(self, pointer: str) -> jsonschema_rs.Draft202012Validator:
        """Return a validator of arrays all of whose items fit the schema at a pointer."""
        return self._compiled(pointer, "items")

    def own_validator(self, pointer: str, keywords: Json) -> jsonschema_rs.Draft202012Validator:
        """Return the compiled validator of some keywords of a schema.

        Args:
            pointer: of the schema.
            keywords: those of its keywords that contain no schemas.
        """
        return self._compiled(pointer, "own", keywords)

    def _compiled(
        self, pointer: str, use: str, keywords: Json | None = None
    ) -> jsonschema_rs.Draft202012Validator:
        found = self._validators.get((pointer, use))
        if found is None:
            if self._registry is None:
                self._registry = jsonschema_rs.Registry(
                    [(_URI, self.document.raw)], draft=jsonschema_rs.Draft202012
                )
            schema: Any = {"$ref": f"{_URI}#{quote(pointer)}"} if keywords is None else keywords
            try:
                found = jsonschema_rs.Draft202012Validator(
                    {"items": schema} if use == "items" else schema,
                    registry=self._registry,
                    validate_formats=True,
                    offline=True,
                )
            except (ValueError, jsonschema_rs.ReferencingError) as error:
                reason = str(error).splitlines()[0]
                raise self.document.error(
                    f"{pointer}: not a usable schema ({reason}); correct it"
                ) from None
            self._validators[pointer, use] = found
        return found
