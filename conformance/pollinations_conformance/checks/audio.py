"""Speech, music and transcription."""

# A docstring here says what the server does, and not what the function does.

import json
from typing import Any

from pollinations_conformance.checks.common import media_seconds, sound_kind, wav
from pollinations_conformance.checks.invariants import usage_headers
from pollinations_conformance.checks.text import wrong
from pollinations_conformance.runner import CannotTell, Session, check, segment
from pollinations_conformance.target import MAIN, Exchange, form_payload

GET, SPEECH, LISTEN = "generateAudio", "createSpeech", "createTranscription"
ONE = {"audio": 1}


def say(t: Session, text: str | None = None, **query: Any) -> Exchange:
    """Ask for speech by GET with the cheapest model."""
    path = "/audio/" + segment(text or t.fresh("Hello."))
    return t.send("GET", path, query={"model": t.audio_model, **query})


def speak(t: Session, **fields: Any) -> Exchange:
    """Ask for speech by POST with the cheapest model."""
    free = bool(fields.pop("free", False))
    body = {"model": t.audio_model, "input": t.fresh("Hello."), **fields}
    return t.send("POST", "/v1/audio/speech", json=body, free=free)


def wrong_speech(t: Session, field: str, *values: Any) -> None:
    """Say that values of a field are each refused with 400 naming it."""
    for value in values:
        answer = speak(t, **{field: value}, free=True)
        t.refused(answer, 400, f"{field} {str(value)[:40]!r}", field)


def is_sound(t: Session, answer: Exchange) -> None:
    """Say that an answer is sound."""
    t.require(answer.media_type.startswith("audio/"), f"it is {answer.header('content-type')!r}")
    t.require(answer.content, "the sound is empty")
    if answer.media_type in {"audio/mpeg", "audio/wav", "audio/x-wav", "audio/ogg", "audio/opus"}:
        media_seconds(answer, "audio")


def music_model(t: Session) -> str:
    """Name a model that makes music."""
    for model in t.catalogue.audio:
        if "completionAudioSeconds" in model.prices or "music" in model.name:
            return model.name
    raise CannotTell("the server lists no model that makes music")


@check("AUD-GET-01", operations=GET, needs=MAIN, cost=ONE)
def get_gives_sound(t: Session) -> None:
    """The answer is sound that can be decoded."""
    is_sound(t, t.ok(say(t)))


@check("AUD-GET-01", operations=GET, needs=MAIN, cost=ONE)
def get_needs_no_parameter(t: Session) -> None:
    """A text alone is answered with sound."""
    is_sound(t, t.ok(t.send("GET", "/audio/" + segment(t.fresh("Hello.")))))


@check("AUD-GET-02", operations=GET)
def get_refuses_unknown_voices(t: Session) -> None:
    """A voice that the enumeration does not have is a 400 naming it."""
    wrong(t, "/audio/hello", "voice", "nobody-at-all", "")


@check("AUD-GET-03", operations=GET, needs=MAIN, cost=ONE)
def nova_speaks(t: Session) -> None:
    """The voice nova is accepted."""
    t.ok(say(t, voice="nova"), "the voice nova")


@check("AUD-GET-04", operations=GET)
def get_refuses_unknown_formats(t: Session) -> None:
    """A format that the enumeration does not have is a 400 naming it."""
    wrong(t, "/audio/hello", "response_format", "ogg", "MP3")


@check("AUD-GET-05", operations=GET)
def instrumental_is_true_or_false(t: Session) -> None:
    """instrumental is true or false and nothing else."""
    wrong(t, "/audio/hello", "instrumental", "1", "yes", "TRUE")


def tells_characters(t: Session, answer: Exchange, text: str) -> None:
    """Say that an answer reports one token for each character."""
    t.require(answer.header("x-model-used"), "there is no x-model-used")
    tokens = usage_headers(answer).get("x-usage-completion-audio-tokens")
    t.require(
        tokens == str(len(text)), f"{len(text)} characters are reported as {tokens} audio tokens"
    )


@check("AUD-GET-06", operations=GET, needs=MAIN, cost={"audio": 2})
def get_counts_characters(t: Session) -> None:
    """Speech reports its model and one audio token for each character."""
    for text in (t.fresh("Hello."), t.fresh("Hello, and welcome to a longer text.")):
        tells_characters(t, t.ok(say(t, text)), text)


@check("AUD-GET-07", operations=GET, needs=MAIN, cost=ONE)
def music_is_mp3(t: Session) -> None:
    """Music is audio/mpeg and reports its length."""
    answer = t.ok(say(t, model=music_model(t), duration="3"))
    t.require(answer.media_type == "audio/mpeg", f"it is {answer.header('content-type')!r}")
    told = usage_headers(answer).get("x-usage-completion-audio-seconds")
    try:
        seconds = float(told or "")
    except ValueError:
        seconds = 0.0
    t.require(seconds > 0, f"the length is reported as {told!r}")
    real = media_seconds(answer, "audio")
    t.require(abs(real - seconds) <= 1.5, f"{told} s are reported, the sound lasts {real:.2f} s")


@check("AUD-GET-08", operations=GET)
def get_refuses_long_texts(t: Session) -> None:
    """Speech of 4097 characters is a 400."""
    answer = t.send("GET", "/audio/" + "a" * 4097, query={"model": t.audio_model}, free=True)
    if answer.status in {414, 431}:
        raise CannotTell("the address is too long for a server on the way")
    t.refused(answer, 400, "a text of 4097 characters")


@check("AUD-GET-09", operations=GET, needs=MAIN, cost={"audio": 2})
def get_is_not_cached(t: Session) -> None:
    """The same text twice, one after the other, is made twice, without X-Cache."""
    text = t.fresh("Hello.")
    for _ in range(2):
        answer = t.ok(say(t, text))
        value = answer.header("x-cache")
        t.require(value is None, f"X-Cache is {value!r}")


@check("AUD-GET-10", operations=GET)
def get_refuses_unknown_models(t: Session) -> None:
    """An unknown model is a 400."""
    answer = t.send("GET", "/audio/hello", query={"model": "no-such-model-3f9"}, free=True)
    t.refused(answer, 400, "an unknown model")


@check("AUD-TTS-01", operations=SPEECH, needs=MAIN, cost={"audio": 2})
def speech_is_sound(t: Session) -> None:
    """The answer is sound, also when nothing but the input is given."""
    is_sound(t, t.ok(speak(t)))
    is_sound(t, t.ok(t.send("POST", "/v1/audio/speech", json={"input": t.fresh("Hello.")})))


@check("AUD-TTS-02", operations=SPEECH)
def wrong_inputs_are_refused(t: Session) -> None:
    """No input, an empty one, or one of 4097 characters is a 400 naming it."""
    answer = t.send("POST", "/v1/audio/speech", json={"model": t.audio_model}, free=True)
    t.refused(answer, 400, "a request without input", "input")
    wrong_speech(t, "input", "", "a" * 4097, 7, None)


@check("AUD-TTS-02", operations=SPEECH, needs=MAIN, cost={"audio": 2})
def longest_and_shortest_inputs_are_accepted(t: Session) -> None:
    """Inputs of 1 and of 4096 characters are accepted."""
    t.ok(speak(t, input="a"), "an input of 1 character")
    t.ok(speak(t, input=(t.fresh("Hello.") + " a" * 2048)[:4096]), "an input of 4096 characters")


@check("AUD-TTS-03", operations=SPEECH)
def wrong_speeds_are_refused(t: Session) -> None:
    """A speed just outside its range is a 400 naming it."""
    wrong_speech(t, "speed", 0.24, 4.01, "fast")


@check("AUD-TTS-03", operations=SPEECH, needs=MAIN, cost={"audio": 2})
def speeds_at_the_edge_are_accepted(t: Session) -> None:
    """The edges of the speed's range are accepted."""
    for speed in (0.25, 4):
        t.ok(speak(t, speed=speed), f"speed {speed}")


@check("AUD-TTS-04", operations=SPEECH)
def wrong_durations_are_refused(t: Session) -> None:
    """A duration just outside its range is a 400 naming it."""
    wrong_speech(t, "duration", 2.9, 301, "long")


@check("AUD-TTS-05", operations=SPEECH)
def unknown_formats_are_refused(t: Session) -> None:
    """A format that the enumeration does not have is a 400 naming it."""
    wrong_speech(t, "response_format", "ogg", "MP3", None)


@check("AUD-TTS-06", operations=SPEECH, needs=MAIN, cost=ONE)
def custom_voices_pass_validation(t: Session) -> None:
    """A voice id that is no preset passes validation."""
    answer = speak(t, voice="21m00Tcm4TlvDq8ikWAM")
    if answer.status == 400:
        t.require("details" not in t.error(answer), "a custom voice does not pass validation")
        raise CannotTell("the provider does not know the voice")
    t.ok(answer, "a custom voice")


@check("AUD-TTS-07", operations=SPEECH, needs=MAIN, cost={"audio": 3})
def formats_are_what_they_say(t: Session) -> None:
    """mp3, opus and wav are files of that kind."""
    for name, kinds in (("mp3", {"mp3"}), ("opus", {"ogg"}), ("wav", {"wav"})):
        answer = t.ok(speak(t, response_format=name), f"response_format {name}")
        found = sound_kind(answer.content)
        t.require(found in kinds, f"response_format {name} gives a file of the kind {found}")
        media_seconds(answer, "audio")


@check("AUD-TTS-08", operations=SPEECH, needs=MAIN, cost=ONE)
def speech_counts_characters(t: Session) -> None:
    """Speech reports its model and one audio token for each character."""
    text = t.fresh("Hello, there.")
    tells_characters(t, t.ok(speak(t, input=text)), text)


@check("AUD-TTS-08", operations=SPEECH, needs=MAIN, cost=ONE)
def music_tells_its_seconds(t: Session) -> None:
    """Music made by POST reports its model and its seconds."""
    answer = t.ok(speak(t, model=music_model(t), duration=3))
    t.require(answer.header("x-model-used"), "there is no x-model-used")
    told = usage_headers(answer).get("x-usage-completion-audio-seconds", "")
    t.require(told.replace(".", "", 1).isdigit() and float(told) > 0, f"seconds: {told!r}")


def listen(t: Session, file: bytes | None = None, free: bool = False, **fields: str) -> Exchange:
    """Ask for a transcription with the cheapest model."""
    values = {"model": t.transcription_model, **fields}
    parts: list[Any] = [(name, value, None, None) for name, value in values.items()]
    if file is not None:
        parts.append(("file", file, "sound.wav", "audio/wav"))
    return t.send("POST", "/v1/audio/transcriptions", body=form_payload(parts), free=free)


@check("AUD-STT-01", operations=LISTEN, needs=MAIN, cost={"transcription": 2})
def transcripts_are_json(t: Session) -> None:
    """The transcript stands in text, with response_format json and without one."""
    forms: tuple[dict[str, Any], ...] = ({}, {"response_format": "json"})
    for fields in forms:
        answer = t.ok(listen(t, wav(t), **fields), f"a transcription with {fields}")
        t.require(answer.media_type == "application/json", f"it is {answer.media_type!r}")
        t.require(isinstance(t.object(answer).get("text"), str), "text is no text")


@check("AUD-STT-02", operations=LISTEN)
def missing_files_are_named(t: Session) -> None:
    """A form without a file is a 400 whose message names it."""
    answer = t.refused(listen(t, None, free=True), 400, "a form without file")
    message = t.error(answer).get("message")
    t.require("file" in json.dumps(t.error(answer)), f"the message is {message!r}")


@check("AUD-STT-03", operations=LISTEN)
def unknown_models_are_refused(t: Session) -> None:
    """An unknown model is a 400."""
    answer = listen(t, wav(t), model="no-such-model-3f9", free=True)
    t.refused(answer, 400, "an unknown model")


@check("AUD-STT-04", operations=LISTEN, needs=MAIN, cost={"transcription": 1})
def transcriptions_tell_their_usage(t: Session) -> None:
    """A transcription names its model and the seconds of sound."""
    answer = t.ok(listen(t, wav(t, 2.0)))
    t.require(answer.header("x-model-used"), "there is no x-model-used")
    told = usage_headers(answer).get("x-usage-prompt-audio-seconds")
    t.require(told is not None, "there is no x-usage-prompt-audio-seconds")
    t.require(float(told or "0") > 0, f"x-usage-prompt-audio-seconds is {told!r}")


@check("AUD-STT-05", operations=LISTEN, needs=MAIN, cost={"transcription": 3})
def documented_models_are_accepted(t: Session) -> None:
    """The three documented model names are accepted."""
    for name in ("whisper-1", "whisper-large-v3", "scribe"):
        t.ok(listen(t, wav(t), model=name), f"the model {name}")


@check("AUD-STT-06", operations=LISTEN, needs=MAIN, cost={"transcription": 1})
def verbose_transcripts_say_more(t: Session) -> None:
    """verbose_json adds language, duration and segments."""
    answer = t.object(t.ok(listen(t, wav(t), response_format="verbose_json")))
    missing = {"text", "language", "duration", "segments"} - set(answer)
    t.require(not missing, f"verbose_json lacks {sorted(missing)}")


@check("AUD-STT-07", operations=LISTEN, needs=MAIN, cost={"transcription": 1})
def text_transcripts_are_bare(t: Session) -> None:
    """response_format text gives the bare transcript as text/plain."""
    answer = t.ok(listen(t, wav(t), response_format="text"))
    t.require(answer.media_type == "text/plain", f"it is {answer.header('content-type')!r}")
    t.require(not answer.text().lstrip().startswith("{"), "the transcript is wrapped in JSON")
