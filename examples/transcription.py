"""Transcribe a recording: python transcription.py FILE (without a name, speech is generated)."""

import os
import sys
from pathlib import Path

from pollinations_client import Pollinations

client = Pollinations(
    api_key=os.environ.get("POLLINATIONS_API_KEY", "sk_demo1234"),
    base_url=os.environ.get("BASE_URL", "http://127.0.0.1:8787"),
)

if len(sys.argv) > 1:
    recording = Path(sys.argv[1])
else:
    recording = client.audio.generate("Bees fly over the meadow.").save("recording.mp3")

transcript = client.audio.transcriptions.create(file=recording, language="en")
print("text:", transcript.text)
