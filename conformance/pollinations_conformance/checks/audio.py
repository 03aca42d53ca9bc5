"""Check speech, music and transcription."""

import functools
import json
import re
from typing import Any

from pollinations_conformance.checks.common.files import audio_container, media_seconds, wav
from pollinations_conformance.checks.common.requests import assert_query_is_rejected
from pollinations_conformance.checks.common.responses import (
    is_shared,
    is_success_of,
    need_message,
    parse_number,
    usage_headers,
)
from pollinations_conformance.checks.common.usage import need_numbers
from pollinations_conformance.http.json import is_list
from pollinations_conformance.http.text import shown
from pollinations_conformance.suite import (
    MAIN,
    Exchange,
    Model,
    NotTested,
    Session,
    check,
    form_payload,
    segment,
    watch,
)

GET, SPEECH, LISTEN = "generateAudio", "createSpeech", "createTranscription"


VERBOSE = "verbose_json"


ONE = {"audio": 1}


KINDS = {
    "audio/mpeg": {"mp3"},
    "audio/wav": {"wav"},
    "audio/x-wav": {"wav"},
    "audio/ogg": {"ogg"},
    "audio/opus": {"ogg"},
}
"""Of these types it is known what the file must begin with."""


FORMATS = ("wav", "opus", "aac", "flac", "pcm")
"""All but the one that is the default."""


def get_speech(t: Session, text: str | None = None, **query: Any) -> Exchange:
    """Request speech by GET with the cheapest model."""
    path = "/audio/" + segment(text or t.fresh("Hello."))
    return t.send("GET", path, query={"model": t.audio_model, **query})


def post_speech(t: Session, **fields: Any) -> Exchange:
    """Request speech by POST with the cheapest model."""
    free = bool(fields.pop("free", False))
    body = {"model": t.audio_model, "input": t.fresh("Hello."), **fields}
    return t.send("POST", "/v1/audio/speech", json=body, free=free)


def assert_speech_rejected(t: Session, field: str, *values: Any) -> None:
    """Assert that values of a field are each refused with 400 naming it."""
    for value in values:
        response = post_speech(t, **{field: value}, free=True)
        with t.separately():
            t.assert_rejected(response, 400, f"{field} {str(value)[:40]!r}", field)


def assert_audio(t: Session, response: Exchange) -> None:
    """Assert that a response is audio."""
    t.assert_that(
        response.media_type.startswith("audio/"), f"it is {shown(response.header('content-type'))}"
    )
    t.assert_that(response.content, "the audio is empty")
    short = missing(response.content)
    t.assert_that(not short, f"the WAV file ends {short} bytes before it should")
    kinds = KINDS.get(response.media_type)
    if kinds is not None:
        kind = audio_container(response.content)
        t.assert_that(kind in kinds, f"{response.media_type} is a file of the kind {kind}")
        media_seconds(response, "audio")


def missing(data: bytes) -> int:
    """Return how many bytes a WAV file lacks; none when it does not know its length."""
    if audio_container(data) != "wav":
        return 0
    reported = int.from_bytes(data[4:8], "little")
    # Who writes a file without knowing its end writes the greatest length there is.
    short = reported + 8 - len(data) if reported < 0x7F000000 else 0
    return short if short > 9 else 0  # some count their header, or the byte that evens a chunk out


def bare(t: Session) -> Exchange:
    """Return what a text alone gets by GET, shared by all checks that only read it."""
    path = "/audio/" + segment(t.fresh("Hello."))
    return t.attach(t.once("default audio", lambda: t.assert_success(t.send("GET", path))))


def music_model(t: Session) -> Model:
    """Return a model that makes music."""
    for model in t.catalogue.audio:
        if "completionAudioSeconds" in model.prices or "music" in model.name:
            return model
    raise NotTested("the server lists no model that makes music")


def has_music(t: Session) -> bool:
    """Return whether a model makes music."""
    return any("completionAudioSeconds" in m.prices or "music" in m.name for m in t.catalogue.audio)


def music(t: Session) -> Exchange:
    """Return music of three seconds, shared by all checks that only read it."""
    name = music_model(t).name
    send = functools.partial(get_speech, t, t.fresh("A calm tune."), model=name, duration="3")
    return t.attach(t.once("music", lambda: t.assert_success(send()), "AUD-GET-07"))


def posted_music(t: Session) -> Exchange:
    """Return music of three seconds requested by POST, shared by all checks that only read it."""
    send = functools.partial(post_speech, t, model=music_model(t).name, duration=3)
    return t.attach(t.once("posted music", lambda: t.assert_success(send()), "AUD-TTS-08"))


@check("AUD-GET-01", operations=GET, needs=MAIN, cost={"audio": 8}, assumes="AUD-GET-03")
def get_gives_audio(t: Session) -> None:
    """The response is audio, which can be decoded, in every format; music is, too."""
    assert_audio(t, t.assert_success(get_speech(t)))
    assert_audio(t, t.assert_success(get_speech(t, voice="nova")))
    for name in FORMATS:
        assert_audio(
            t, t.assert_success(get_speech(t, response_format=name), f"response_format {name}")
        )
    if has_music(t):
        assert_audio(t, music(t))


@check("AUD-GET-01", operations=GET, needs=MAIN, cost=ONE)
def get_needs_no_parameter(t: Session) -> None:
    """A text alone gets audio."""
    assert_audio(t, bare(t))


@check("AUD-GET-02", operations=GET)
def get_refuses_unknown_voices(t: Session) -> None:
    """A voice that the enumeration does not have is a 400 naming it."""
    bad = ("nobody-at-all", "NOVA", "21m00Tcm4TlvDq8ikWAM", "amuch", "")
    assert_query_is_rejected(t, "/audio/hello", "voice", *bad)


@check("AUD-GET-03", operations=GET, needs=MAIN, cost=ONE)
def nova_is_a_voice(t: Session) -> None:
    """The voice nova is accepted."""
    t.assert_success(get_speech(t, voice="nova"), "the voice nova")


@check("AUD-GET-04", operations=GET)
def get_refuses_unknown_formats(t: Session) -> None:
    """A format that the enumeration does not have is a 400 naming it."""
    assert_query_is_rejected(t, "/audio/hello", "response_format", "ogg", "MP3", "pcm16", "mp4", "")
    if has_music(t):
        assert_query_is_rejected(
            t, "/audio/hello", "response_format", "ogg", model=music_model(t).name
        )


@check("AUD-GET-05", operations=GET)
def instrumental_is_true_or_false(t: Session) -> None:
    """instrumental is true or false and nothing else."""
    assert_query_is_rejected(
        t, "/audio/hello", "instrumental", "1", "0", "yes", "no", "TRUE", "True", ""
    )
    if has_music(t):
        assert_query_is_rejected(
            t, "/audio/hello", "instrumental", "1", "yes", model=music_model(t).name
        )


def reports_characters(t: Session, response: Exchange, text: str) -> None:
    """Assert that a response reports one token for each character."""
    t.assert_that(response.header("x-model-used"), "there is no x-model-used")
    name = "x-usage-completion-audio-tokens"
    tokens = usage_headers(need_numbers(t, response)).get(name)
    t.assert_that(tokens == str(len(text)), f"{name} is {shown(tokens)} for {len(text)} characters")


@check("AUD-GET-06", operations=GET, needs=MAIN, cost={"audio": 5})
def get_counts_characters(t: Session) -> None:
    """Speech reports its model and one audio token for each character, decoded once."""
    for text in [
        t.fresh(words) for words in ("Hello.", "Hello, 100%25 %77elcome.", "Où êtes-vous")
    ]:
        reports_characters(t, t.assert_success(get_speech(t, text)), text)
    text = t.fresh("Hello, " + "and hello again, " * 8)
    reports_characters(t, t.assert_success(get_speech(t, text, response_format="wav")), text)
    t.assert_that(
        bare(t).header("x-model-used"), "without a model requested there is no x-model-used"
    )


@check("AUD-GET-07", operations=GET, needs=MAIN, cost={"audio": 2}, assumes="AUD-GET-01")
def music_is_mp3(t: Session) -> None:
    """Music is audio/mpeg and reports its length, by whichever name and for whichever format."""
    model = music_model(t)
    name = (*model.aliases, model.name)[0]
    other = t.assert_success(get_speech(t, model=name, duration="3", response_format="wav"))
    for response in (music(t), other):
        t.assert_that(
            response.media_type == "audio/mpeg", f"it is {shown(response.header('content-type'))}"
        )
        reports_seconds(t, response)


def reports_seconds(t: Session, response: Exchange) -> None:
    """Assert that a response reports how many seconds it lasts."""
    name = "x-usage-completion-audio-seconds"
    reported = usage_headers(need_numbers(t, response)).get(name)
    seconds = parse_number(reported or "") or 0.0
    t.assert_that(seconds > 0, f"{name} is {shown(reported)}")
    real = media_seconds(response, "audio")
    t.assert_that(
        abs(real - seconds) <= 1.5, f"{reported} s are reported, the audio lasts {real:.2f} s"
    )


@check("AUD-GET-08", operations=GET)
def get_refuses_long_texts(t: Session) -> None:
    """Speech of 4097 characters is a 400."""
    for text in ("a" * 4097, "a" * 6000, "é" * 4097):
        query = {"model": t.audio_model}
        response = t.send("GET", "/audio/" + segment(text), query=query, free=True)
        if response.status in {414, 431}:
            raise NotTested("the URL is too long for a server on the way")
        t.assert_rejected(response, 400, f"a text of {len(text)} characters such as {text[:1]!r}")


@check("AUD-GET-08", operations=GET, needs=MAIN, cost={"audio": 2})
def get_accepts_texts_up_to_the_limit(t: Session) -> None:
    """Speech of 4096 characters is accepted, also beyond ASCII."""
    for letter in (" a", " é"):
        response = get_speech(t, (t.fresh("Hello.") + letter * 2048)[:4096])
        if response.status in {414, 431}:
            raise NotTested("the URL is too long for a server on the way")
        t.assert_success(response, f"a text of 4096 characters such as {letter.strip()!r}")


@watch("AUD-GET-09")
def no_audio_is_cached(exchange: Exchange) -> str | None:
    """Speech and music carry no X-Cache, except for requests at the same time."""
    if not is_success_of(exchange, "generateAudio") or is_shared(exchange):
        return None
    value = exchange.header("x-cache")
    return "" if value is None else f"X-Cache is {shown(value)}"


@check("AUD-GET-09", operations=GET, needs=MAIN, cost={"audio": 4}, assumes="AUD-GET-03")
def get_is_not_cached(t: Session) -> None:
    """The same text twice, one after the other, is generated twice, without X-Cache."""
    text = t.fresh("Hello.")
    for query in ({}, {}, {"voice": "nova"}):
        response = t.assert_success(get_speech(t, text, **query))
        value = response.header("x-cache")
        t.assert_that(value is None, f"X-Cache is {shown(value)}")
    if has_music(t):
        query = {"model": music_model(t).name, "duration": "3"}
        for response in [t.assert_success(get_speech(t, text, **query)) for _ in range(2)]:
            value = response.header("x-cache")
            t.assert_that(value is None, f"X-Cache of music is {shown(value)}")


@check("AUD-GET-10", operations=GET)
def get_refuses_unknown_models(t: Session) -> None:
    """An unknown model is a 400."""
    for name in ("no-such-model-3f9", "no-such-music-model"):
        response = t.send("GET", "/audio/hello", query={"model": name}, free=True)
        with t.separately():
            t.assert_rejected(response, 400, f"the unknown model {name!r}")


@check("AUD-TTS-01", operations=SPEECH, needs=MAIN, cost={"audio": 8})
def speech_is_audio(t: Session) -> None:
    """The response is audio in every format, also when nothing but the input is given; so is music."""
    assert_audio(t, t.assert_success(post_speech(t)))
    for name in FORMATS:
        assert_audio(
            t,
            t.assert_success(
                post_speech(t, input="a", response_format=name), f"response_format {name}"
            ),
        )
    if has_music(t):
        assert_audio(t, posted_music(t))
    assert_audio(
        t, t.assert_success(t.send("POST", "/v1/audio/speech", json={"input": t.fresh("Hello.")}))
    )


@check("AUD-TTS-02", operations=SPEECH)
def invalid_inputs_are_refused(t: Session) -> None:
    """No input, an empty one, or one of 4097 characters is a 400 naming it."""
    response = t.send("POST", "/v1/audio/speech", json={"model": t.audio_model}, free=True)
    with t.separately():
        t.assert_rejected(response, 400, "a request without input", "input")
    assert_speech_rejected(t, "input", "", "a" * 4097, "é" * 4097, 7, None)
    if has_music(t):
        for value in ("", "a" * 4097):
            response = post_speech(t, model=music_model(t).name, input=value, free=True)
            with t.separately():
                t.assert_rejected(response, 400, f"music of {len(value)} characters", "input")


@check("AUD-TTS-02", operations=SPEECH, needs=MAIN, cost={"audio": 2})
def longest_and_shortest_inputs_are_accepted(t: Session) -> None:
    """Inputs of 1 and of 4096 characters are accepted."""
    t.assert_success(post_speech(t, input="a"), "an input of 1 character")
    for letter in (" a", " é"):
        text = (t.fresh("Hello.") + letter * 2048)[:4096]
        t.assert_success(post_speech(t, input=text), f"4096 characters such as {letter.strip()!r}")


@check("AUD-TTS-03", operations=SPEECH)
def invalid_speeds_are_refused(t: Session) -> None:
    """A speed just outside its range is a 400 naming it."""
    assert_speech_rejected(t, "speed", 0.249, 4.001, 0, -1, "fast", "1")


@check("AUD-TTS-03", operations=SPEECH, needs=MAIN, cost={"audio": 2})
def speeds_at_the_edge_are_accepted(t: Session) -> None:
    """The edges of the speed's range are accepted."""
    for speed in (0.25, 4):
        t.assert_success(post_speech(t, speed=speed), f"speed {speed}")


@check("AUD-TTS-04", operations=SPEECH)
def invalid_durations_are_refused(t: Session) -> None:
    """A duration just outside its range is a 400 naming it."""
    assert_speech_rejected(t, "duration", 2.999, 300.001, 0, "long")
    if has_music(t):
        for value in (2, 301):
            response = post_speech(t, model=music_model(t).name, duration=value, free=True)
            with t.separately():
                t.assert_rejected(response, 400, f"music of {value} s", "duration")
    for value in (3, 300):
        # Without a key validation is all there is.
        body = {"input": "Hello.", "duration": value}
        response = t.send("POST", "/v1/audio/speech", json=body, key=None)
        t.assert_rejected(response, 401, f"duration {value}, an edge, without a key")


@check("AUD-TTS-05", operations=SPEECH)
def unknown_formats_are_refused(t: Session) -> None:
    """A format that the enumeration does not have is a 400 naming it."""
    assert_speech_rejected(t, "response_format", "ogg", "MP3", "pcm16", "ulaw", "", None)


@check("AUD-TTS-06", operations=SPEECH, needs=MAIN, cost=ONE)
def custom_voices_pass_validation(t: Session) -> None:
    """A voice id that is no preset passes validation."""
    taken = 0
    for voice in ("21m00Tcm4TlvDq8ikWAM", "custom-voice-of-my-own"):
        response = post_speech(t, voice=voice)
        if response.status == 400:
            t.assert_that(
                "details" not in t.error_object(response), f"{voice!r} does not pass validation"
            )
            continue
        t.assert_success(response, "a custom voice")
        taken += 1
    if not taken:
        raise NotTested("the provider does not know the voices")


@check("AUD-TTS-07", operations=SPEECH, needs=MAIN, cost={"audio": 4}, assumes="AUD-TTS-01")
def files_are_of_the_requested_format(t: Session) -> None:
    """mp3, which is the default, opus and wav are files of that kind."""
    for name, kind in (("mp3", "mp3"), ("opus", "ogg"), ("wav", "wav"), (None, "mp3")):
        fields = {"response_format": name} if name else {}
        response = t.assert_success(post_speech(t, **fields), f"response_format {name}")
        found = audio_container(response.content)
        t.assert_that(found == kind, f"response_format {name} gives a file of the kind {found}")
        assert_audio(t, response)
        media_seconds(response, "audio")


@check("AUD-TTS-08", operations=SPEECH, needs=MAIN, cost=ONE)
def speech_counts_characters(t: Session) -> None:
    """Speech reports its model and one audio token for each character."""
    forms: tuple[dict[str, Any], ...] = ({}, {"response_format": "wav"})
    for words, fields in zip(("Hello, there.", "Où êtes-vous ?"), forms, strict=True):
        text = t.fresh(words)
        reports_characters(t, t.assert_success(post_speech(t, input=text, **fields)), text)
    text = t.fresh("Hello.")
    response = t.assert_success(t.send("POST", "/v1/audio/speech", json={"input": text}))
    reports_characters(t, response, text)


@check("AUD-TTS-08", operations=SPEECH, needs=MAIN, cost=ONE, assumes="AUD-GET-07")
def music_reports_its_seconds(t: Session) -> None:
    """Music made by POST reports its model and its seconds."""
    response = posted_music(t)
    t.assert_that(response.header("x-model-used"), "there is no x-model-used")
    reports_seconds(t, response)


def transcribe(
    t: Session, file: bytes | None = None, free: bool = False, **fields: str
) -> Exchange:
    """Request a transcription with the cheapest model."""
    values = {"model": t.transcription_model, **fields}
    parts: list[Any] = [(name, value, None, None) for name, value in values.items()]
    if file is not None:
        parts.append(("file", file, "sound.wav", "audio/wav"))
    return t.send("POST", "/v1/audio/transcriptions", body=form_payload(parts), free=free)


@check("AUD-STT-01", operations=LISTEN, needs=MAIN, cost={"transcription": 2}, assumes="AUD-STT-05")
def transcripts_are_json(t: Session) -> None:
    """The transcript is in text, with response_format json and without one."""
    forms: tuple[dict[str, Any], ...] = ({}, {"response_format": "json"})
    for fields in forms:
        response = t.assert_success(
            transcribe(t, wav(t), **fields), f"a transcription with {fields}"
        )
        t.assert_that(response.media_type == "application/json", f"it is {response.media_type!r}")
        t.assert_that(isinstance(t.json_object(response).get("text"), str), "text is no text")
    body = t.json_object(
        t.assert_success(transcribe(t, wav(t), model="scribe"), "a transcription by scribe")
    )
    t.assert_that(isinstance(body.get("text"), str), "text is no text")


@check("AUD-STT-02", operations=LISTEN)
def missing_files_are_named(t: Session) -> None:
    """A form without a file is a 400 whose message names it."""
    other = form_payload([("language", "en", None, None)])
    path = "/v1/audio/transcriptions"
    for response in (transcribe(t, None, free=True), t.send("POST", path, body=other, free=True)):
        t.assert_rejected(response, 400, "a form without file")
        error = t.error_object(response)
        named = "file" in json.dumps(error) or "file" in need_message(t, error)
        t.assert_that(named, f"the message is {error.get('message')!r}")


@check("AUD-STT-03", operations=LISTEN)
def unknown_models_are_refused(t: Session) -> None:
    """An unknown model is a 400."""
    response = transcribe(t, wav(t), model="no-such-model-3f9", free=True)
    t.assert_rejected(response, 400, "an unknown model")


@check("AUD-STT-04", operations=LISTEN, needs=MAIN, cost={"transcription": 3}, assumes="AUD-STT-05")
def transcriptions_report_their_usage(t: Session) -> None:
    """A transcription names its model and the seconds of audio."""
    own = t.transcription_model
    for model, seconds, form in ((own, 2.0, "json"), ("scribe", 4.0, "json"), (own, 3.0, VERBOSE)):
        response = transcribe(t, wav(t, seconds), model=model, response_format=form)
        if form == VERBOSE and not response.ok:
            continue  # AUD-STT-06 is about that
        t.assert_success(response)
        t.assert_that(response.header("x-model-used"), "there is no x-model-used")
        reported = usage_headers(need_numbers(t, response)).get("x-usage-prompt-audio-seconds")
        t.assert_that(reported is not None, "there is no x-usage-prompt-audio-seconds")
        good = re.fullmatch(r"\d+(\.\d+)?", reported or "")
        t.assert_that(
            good and abs(float(reported or "0") - seconds) <= 1.5,
            f"x-usage-prompt-audio-seconds is {shown(reported)} for {seconds} s",
        )


@check("AUD-STT-05", operations=LISTEN, needs=MAIN, cost={"transcription": 3})
def documented_models_are_accepted(t: Session) -> None:
    """The three documented model names are accepted."""
    for name in ("whisper-1", "whisper-large-v3", "scribe"):
        t.assert_success(transcribe(t, wav(t), model=name), f"the model {name}")


@check(
    "AUD-STT-06",
    operations=LISTEN,
    needs=MAIN,
    cost={"transcription": 2},
    assumes=("AUD-STT-01", "AUD-STT-05"),
)
def verbose_transcripts_have_more_fields(t: Session) -> None:
    """verbose_json adds language, duration and segments."""
    for name in dict.fromkeys((t.transcription_model, "scribe")):
        response = t.json_object(
            t.assert_success(transcribe(t, wav(t), model=name, response_format=VERBOSE))
        )
        absent = {"text", "language", "duration", "segments"} - set(response)
        t.assert_that(not absent, f"verbose_json of {name} lacks {', '.join(sorted(absent))}")
        t.assert_that(is_list(response["segments"]), f"segments is {response['segments']!r}")
        seconds = response["duration"]
        t.assert_that(isinstance(seconds, int | float | str), f"duration is {seconds!r}")


@check("AUD-STT-07", operations=LISTEN, needs=MAIN, cost={"transcription": 1})
def text_transcripts_are_bare(t: Session) -> None:
    """response_format text returns only the transcript, as text/plain."""
    response = t.assert_success(transcribe(t, wav(t), response_format="text"))
    t.assert_that(
        response.media_type == "text/plain", f"it is {shown(response.header('content-type'))}"
    )
    t.assert_that(
        not response.text().lstrip().startswith(("{", '"')), "the transcript is wrapped in JSON"
    )
    t.assert_that("-->" not in response.text(), "the transcript has the times of subtitles in it")
