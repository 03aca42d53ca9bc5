"""The operations of the contract: what was seen of each, and the requirement it stands for."""

from collections.abc import Iterable
from dataclasses import dataclass

from pollinations_conformance.contract import Operation

ACCEPTANCE = {
    "getAccountProfile": "ACC-PROFILE-01",
    "getAccountBalance": "ACC-BAL-01",
    "getAccountUsage": "ACC-USAGE-01",
    "getAccountUsageDaily": "ACC-DAILY-01",
    "getAccountKey": "ACC-KEY-01",
    "listModels": "MODELS-V1-01",
    "listImageModels": "MODELS-INFO-01",
    "listTextModels": "MODELS-INFO-01",
    "listAudioModels": "MODELS-INFO-01",
    "createChatCompletion": "CHAT-RES-01",
    "createChatCompletionLegacy": "CHAT-LEGACY-01",
    "generateText": "TEXT-GET-01",
    "generateImage": "IMG-GET-01",
    "generateAudio": "AUD-GET-01",
    "createSpeech": "AUD-TTS-01",
    "createTranscription": "AUD-STT-01",
    "uploadMedia": "MEDIA-UP-01",
    "getMedia": "MEDIA-GET-01",
    "headMedia": "MEDIA-HEAD-01",
}
"""The requirement that says what an operation's success is: a violation counts there that no
requirement of its own covers."""


@dataclass
class OperationRecord:
    """How often an operation was called, and how it responded."""

    id: str
    method: str
    path: str
    host: str
    tag: str
    calls: int = 0
    succeeded: int = 0
    missing: str = ""
    """Why it counts as not being there, or an empty text."""
    untried: str = ""
    """Why it was not called with a key and a valid request, or an empty text."""


def records(operations: Iterable[Operation]) -> dict[str, OperationRecord]:
    """Return a record of each operation, by its operationId."""
    return {
        item.id: OperationRecord(item.id, item.method, item.path, item.host, item.tag)
        for item in operations
    }
