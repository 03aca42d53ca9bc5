"""One running service: gateway and media host, and everything they remember."""

from pollinations_conformance import contract as contracts
from pollinations_conformance.server.backend import Backend, Handler
from pollinations_conformance.server.gateway import Gateway
from pollinations_conformance.server.http import Call, Reply
from pollinations_conformance.server.media_host import MediaHost
from pollinations_conformance.server.operations.account import AccountOperations
from pollinations_conformance.server.operations.audio import AudioOperations
from pollinations_conformance.server.operations.chat import ChatOperations
from pollinations_conformance.server.operations.image import ImageOperations
from pollinations_conformance.server.operations.models import ModelOperations
from pollinations_conformance.server.options import Options
from pollinations_conformance.server.pages import Pages
from pollinations_conformance.server.scripting import Scripts
from pollinations_conformance.server.validation import Validator


class Service:
    """One running service, put together from its parts.

    Args:
        options: see `Options`.

    Attributes:
        operations: what each operation of the gateway does, by its id.
    """

    def __init__(self, options: Options) -> None:
        self.options = options
        self.contract = contracts.load(options.contract)
        self.backend = Backend(options)
        self.registry = self.backend.registry
        self.accounts = self.backend.accounts
        self.pages = Pages(self.contract)
        self.validator = Validator(self.contract, options)
        self.account = AccountOperations(self.backend)
        self.models = ModelOperations(self.backend)
        self.chat = ChatOperations(self.backend)
        self.image = ImageOperations(self.backend)
        self.audio = AudioOperations(self.backend)
        parts = (self.account, self.models, self.chat, self.image, self.audio)
        self.operations: dict[str, Handler] = {
            name: handler for part in parts for name, handler in part.handlers().items()
        }
        self.scripts = Scripts(self.contract, self.registry)
        self.gateway = Gateway(
            self.backend, self.contract, self.validator, self.operations, self.pages
        )
        self.media_host = MediaHost(
            self.accounts.may_upload, strict=options.strict, any_type=self.backend.follows_service
        )

    async def handle(self, call: Call) -> Reply:
        """Return the gateway's response to a request."""
        return await self.gateway.handle(call)

    async def handle_media(self, call: Call) -> Reply:
        """Return the media host's response to a request."""
        return self.media_host.handle(call, self.gateway.presented(call))
