"""Models: the lists of what can be used."""

from functools import partial

from pollinations_conformance.server.backend import Backend, Handler, RoutedCall
from pollinations_conformance.server.http import Reply, json_reply


class ModelOperations:
    """The operations of the tag `models`."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend

    def handlers(self) -> dict[str, Handler]:
        """Return what each operation does, by its id."""
        return {
            "listModels": self.models,
            "listTextModels": partial(self.model_infos, "text"),
            "listImageModels": partial(self.model_infos, "image"),
            "listAudioModels": partial(self.model_infos, "audio"),
        }

    async def models(self, routed: RoutedCall) -> Reply:
        """GET /v1/models."""
        created = int(self.backend.now() * 1000)
        allowed = routed.key.models if routed.key else None
        listed = self.backend.registry.listed("text", allowed)
        data = [{"id": model.id, "object": "model", "created": created} for model in listed]
        return json_reply({"object": "list", "data": data})

    async def model_infos(self, kind: str, routed: RoutedCall) -> Reply:
        """GET /text/models, /image/models and /audio/models."""
        registry = self.backend.registry
        listed = registry.listed(kind, routed.key.models if routed.key else None)
        return json_reply([registry.infos[model.id] for model in listed])
