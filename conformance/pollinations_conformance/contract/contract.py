"""A loaded contract: find operations in it, validate requests and responses against it."""

from __future__ import annotations

import copy
import functools
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jsonschema_rs

from pollinations_conformance.contract.attribution import Attribution
from pollinations_conformance.contract.document import (
    Document,
    read_deviations,
    read_operations,
    read_requirements,
)
from pollinations_conformance.contract.errors import ContractError, DocumentError
from pollinations_conformance.contract.model import Host, Json, Match, Operation, Values, Violation
from pollinations_conformance.contract.requests import RequestReader
from pollinations_conformance.contract.responses import ResponseValidator
from pollinations_conformance.contract.routing import Router
from pollinations_conformance.contract.schemas import Schemas
from pollinations_conformance.contract.validation import Validation
from pollinations_conformance.contract.yaml import parse
from pollinations_conformance.http import pointer as pointers
from pollinations_conformance.http.json import as_list, as_object
from pollinations_conformance.http.message import Request, Response
from pollinations_conformance.http.query import host_of

_WIDENED = 4  # copies that are kept by what widens them
_ENVELOPE = "/components/schemas/ErrorEnvelope"


def default_path() -> Path:
    """Return where the contract of this package is: beside the package, or atop a checkout."""
    here = Path(__file__).resolve().parents[1]
    packaged = here / "openapi.yaml"
    return packaged if packaged.is_file() else here.parent.parent / "openapi.yaml"


def load(path: Path | str | None = None) -> Contract:
    """Load a contract; the same unchanged file is read once.

    Args:
        path: a YAML or JSON file; None for the one of this package.

    Raises:
        ContractError: the file is missing, is not YAML, or is not a usable OpenAPI 3.1 document.
    """
    file = Path(path) if path is not None else default_path()
    try:
        stat = file.stat()
        return _load(str(file), stat.st_mtime_ns, stat.st_size)
    except IsADirectoryError:
        raise ContractError(f"{file}: is a directory; name the contract's file") from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ContractError(f"{file}: cannot be read ({reason}); name an OpenAPI file") from None


@functools.lru_cache(maxsize=8)
def _load(name: str, _mtime: int, _size: int) -> Contract:
    data = Path(name).read_bytes()
    try:
        document = parse(data)
    except DocumentError as error:
        raise ContractError(f"{name}: {error}") from None
    return Contract(document, name, hashlib.sha256(data).hexdigest())


class Contract:
    """A loaded contract; obtained from `load`."""

    def __init__(self, document: Any, source: str = "contract", sha256: str = "") -> None:
        """Index a document.

        Args:
            document: the parsed OpenAPI document; it must not be changed afterwards.
            source: its name, for messages.
            sha256: digest of the file it was read from, in hexadecimal; empty when there was none.

        Raises:
            ContractError: it is not a usable OpenAPI 3.1 document.
        """
        self._document = Document(document, source)
        self.document: Json = self._document.raw
        self.source = source
        self.sha256 = sha256
        info = as_object(self.document.get("info"))
        self.version = str(info.get("version", ""))
        self.api_version = str(info.get("x-api-version", self.version))
        # The hosts are `host[:port]` as the servers of the contract name them.
        self.operations, self.hosts = read_operations(self._document)
        self._by_id = {operation.id: operation for operation in self.operations}
        self._router = Router(self._document, self.operations)
        self.requirements = {entry.id: entry for entry in read_requirements(self._document)}
        self.deviations = list(read_deviations(self._document))
        self._schemas = Schemas(self._document)
        attribution = Attribution(self._document)
        self._validation = Validation(self._document, self._schemas, attribution)
        self._requests = RequestReader(self._validation)
        self._responses = ResponseValidator(self._validation)
        self._widened: dict[str, Contract] = {}

    def __repr__(self) -> str:
        return f"<Contract {self.version} with {len(self.operations)} operations>"

    def operation(self, operation_id: str) -> Operation:
        """Return an operation by its id.

        Raises:
            KeyError: there is none of that id.
        """
        return self._by_id[operation_id]

    def node(self, pointer: str) -> Any:
        """Return the value at a JSON pointer.

        Raises:
            KeyError: there is none.
        """
        return self._document.node(pointer)

    def resolve(self, node: Any, pointer: str) -> tuple[Json, str]:
        """Follow `$ref` from a node; return the object that is meant, and where that one is."""
        return self._document.resolve(node, pointer)

    @functools.cached_property
    def _snapshots(self) -> list[tuple[str, list[Any], set[str]]]:
        """Enumerations of values that lists of the service have: place, the lists, the values."""
        found: list[tuple[str, list[Any], set[str]]] = []
        for place, node in pointers.walk(self.document):
            origin = node.get("x-values-from")
            if origin is None or not isinstance(node.get("enum"), list):
                continue
            names = [origin] if isinstance(origin, str) else as_list(origin)
            found.append((place, names, set(map(str, as_list(node["enum"])))))
        return found

    def with_values(self, values: Mapping[str, Iterable[str]]) -> Contract:
        """Widen the enumerations that are only a snapshot of a list of the service.

        Args:
            values: for each list's path (as `x-values-from` names it) further members.

        Returns:
            A contract of its own, the same for the same values, or this one when nothing is added.
        """
        wanted = {name: tuple(members) for name, members in values.items()}
        additions: list[tuple[str, list[str]]] = []
        for place, names, have in self._snapshots:
            new = dict.fromkeys(member for name in names for member in wanted.get(str(name), ()))
            extra = [member for member in new if member not in have]
            if extra:
                additions.append((place, extra))
        if not additions:
            return self
        # Runs against servers with the same lists share the copy, and with it compiled validators.
        known = repr(additions)
        if known not in self._widened:
            document = copy.deepcopy(self.document)
            for place, extra in additions:
                pointers.get(document, place)["enum"].extend(extra)
            if len(self._widened) >= _WIDENED:
                self._widened.pop(next(iter(self._widened)))
            self._widened[known] = Contract(document, self.source, self.sha256)
        return self._widened[known]

    # --- finding --------------------------------------------------------------------------------

    def host_of(self, address: str) -> Host | None:
        """Return which of the two hosts a URL or host name is, or None for neither."""
        sides: dict[str, Host] = {"gateway": "gateway", "media": "media"}
        return sides.get(address) or self.hosts.get(host_of(address))

    def find(self, method: str, raw_path: str, host: str | None = None) -> Match | None:
        """Find the operation that a request reaches.

        Args:
            method: in any letter case; HEAD reaches the GET where it has no operation of its own.
            raw_path: still percent-encoded; a query is cut off.
            host: "gateway", "media" or a URL; None when one server has both, then a media path
                counts only if its parameters fit.

        Returns:
            The match, or None for an unknown route.
        """
        if host is None:
            found = self._router.find(method, raw_path, "gateway")
            found = found or self._router.find(method, raw_path, "media")
            if found and found.operation.host == "media" and self._requests.check_path(found):
                return None
            return found
        side = self.host_of(host)
        return None if side is None else self._router.find(method, raw_path, side)

    def response_for(self, operation: Operation, status: int) -> tuple[Json, str] | None:
        """Return the response object for a status and where it is, or None.

        An exact status wins over its range, a range over `default`.
        """
        return self._responses.response_for(operation, status)

    # --- validating -----------------------------------------------------------------------------

    def validator(self, pointer: str) -> jsonschema_rs.Draft202012Validator:
        """Return the compiled validator of the schema at a pointer; compiled once.

        Args:
            pointer: JSON pointer into the contract, for example `/components/schemas/Error`.
        """
        return self._schemas.validator(pointer)

    def errors(
        self, pointer: str, value: Any, where: str = "body", outwards: Sequence[str] = ()
    ) -> list[Violation]:
        """Validate a value by the schema at a pointer; return the first few violations.

        Args:
            pointer: JSON pointer to the schema.
            value: any JSON value.
            where: what the value is called in the violations.
            outwards: pointers of the places around the schema, nearest first.
        """
        return self._validation.violations(pointer, value, where, outwards)

    def check_request(self, match: Match, request: Request) -> list[Violation]:
        """Validate a request; a missing key is not looked at.

        Args:
            match: what `find` returned for it.
            request: as sent.
        """
        return self.read_request(match, request)[1]

    def read_request(self, match: Match, request: Request) -> tuple[Values, list[Violation]]:
        """Read and validate a request at once.

        Returns:
            Its values and what is wrong with it: path, query, headers and body, in this order.
        """
        return self._requests.read(match, request)

    def defaults(self, pointer: str) -> Json:
        """Return the documented default of every property of an object schema that has one.

        Args:
            pointer: JSON pointer to the schema.
        """
        return self._requests.defaults(pointer)

    def check_response(
        self, match: Match, request: Request | None, response: Response
    ) -> list[Violation]:
        """Validate a response.

        Args:
            match: the operation that was reached.
            request: what was sent; None when unknown.
            response: what came back; a body of None is not validated.
        """
        return self._responses.check(match, request, response)

    def check_unknown(self, request: Request, response: Response) -> list[Violation] | None:
        """Validate the response to a route that the contract does not have.

        Returns:
            What is wrong with a 404; None when the contract says nothing about such a response.
        """
        known = "ErrorEnvelope" in self._document.components("schemas")
        if response.status != 404 or not known:
            return None
        if request.method == "HEAD" or response.body is None:
            return []
        return self._responses.check_body(_ENVELOPE, response)
