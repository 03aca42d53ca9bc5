"""Resources below `client.audio`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, overload

from .._operation import Options
from .._resource import AsyncResource, Resource, as_async_open, as_async_raw, as_open, as_raw
from ..api.audio import create_speech, create_transcription, generate_audio
from ..types import UNSET, FileInput, Unset

if TYPE_CHECKING:
    from .._content import Binary, Text
    from .._core import AsyncCore, SyncCore
    from .._http import Timeout
    from ..models.audio_format import AudioFormat
    from ..models.audio_model_name import AudioModelName
    from ..models.transcription import Transcription
    from ..models.transcription_model_name import TranscriptionModelName
    from ..models.voice import Voice


class AudioSpeechResource(Resource):
    """Audio speech."""

    def create(
        self,
        *,
        input: str,
        model: AudioModelName | None = None,
        voice: Voice | str | None = None,
        response_format: AudioFormat | None = None,
        speed: float | None = None,
        duration: float | None = None,
        instrumental: bool | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Binary:
        """Generate speech or music, in OpenAI's format.

        OpenAI's text-to-speech request. With `model` set to `elevenmusic` (or `music`) it composes music
        instead. Costs pollen per character or second; responses are not cached.

        Args:
            input: The text of the speech, at most 4096 characters, or a description of the music.
            model: Name or alias of a speech or music model. The list is a snapshot; `/audio/models` is
                current.
            voice: A preset voice, or the id of a custom ElevenLabs voice. The service assumes alloy when it
                is not given.
            response_format: Format of the audio; speech only. The service assumes mp3 when it is not given.
            speed: Speed, from 0.25 to 4 times the normal one. From 0.25 to 4. The service assumes 1 when it
                is not given.
            duration: Duration of the music in seconds. From 3 to 300.
            instrumental: Compose without vocals; music only.
            extra_headers: Headers to add or replace.
            extra_query: Query parameters to add.
            extra_body: Fields to add to the body.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Returns:
            The bytes, with their content type and what the headers report.

        Raises:
            PollinationsError: The call failed; see `errors` for the kinds.
        """
        result: Binary = self._core.call(
            **create_speech.get_kwargs(
                body={
                    "input": input,
                    "model": model if model is not None else UNSET,
                    "voice": voice if voice is not None else UNSET,
                    "response_format": response_format if response_format is not None else UNSET,
                    "speed": speed if speed is not None else UNSET,
                    "duration": duration if duration is not None else UNSET,
                    "instrumental": instrumental if instrumental is not None else UNSET,
                },
            ),
            options=Options(
                headers=extra_headers,
                query=extra_query,
                body=extra_body,
                timeout=timeout,
                max_retries=max_retries,
            ),
            mode=self._mode,
        )
        return result

    @property
    def with_raw_response(self) -> AudioSpeechResourceWithRawResponse:
        """Return the same methods, which return the whole response: status, headers, bytes and what was parsed."""
        return AudioSpeechResourceWithRawResponse(self._core)

    @property
    def with_streaming_response(self) -> AudioSpeechResourceWithStreamingResponse:
        """Return the same methods, which return a response to be read piece by piece inside `with`."""
        return AudioSpeechResourceWithStreamingResponse(self._core)


class AudioSpeechResourceWithRawResponse:
    """Methods of `AudioSpeechResource` that return the whole response."""

    def __init__(self, core: SyncCore) -> None:
        resource = AudioSpeechResource(core, "raw")
        self.create = as_raw(resource.create)


class AudioSpeechResourceWithStreamingResponse:
    """Methods of `AudioSpeechResource` whose response is read piece by piece."""

    def __init__(self, core: SyncCore) -> None:
        resource = AudioSpeechResource(core, "open")
        self.create = as_open(resource.create)


class AudioTranscriptionsResource(Resource):
    """Audio transcriptions."""

    @overload
    def create(
        self,
        *,
        file: FileInput,
        model: TranscriptionModelName | None = None,
        language: str | None = None,
        prompt: str | None = None,
        response_format: Literal["json", "verbose_json"] | None = None,
        temperature: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Transcription: ...

    @overload
    def create(
        self,
        *,
        file: FileInput,
        model: TranscriptionModelName | None = None,
        language: str | None = None,
        prompt: str | None = None,
        response_format: Literal["text", "srt", "vtt"],
        temperature: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Text: ...

    @overload
    def create(
        self,
        *,
        file: FileInput,
        model: TranscriptionModelName | None = None,
        language: str | None = None,
        prompt: str | None = None,
        response_format: str | None,
        temperature: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Transcription | Text: ...

    def create(
        self,
        *,
        file: FileInput,
        model: TranscriptionModelName | None = None,
        language: str | None = None,
        prompt: str | None = None,
        response_format: Literal["json", "text", "srt", "verbose_json", "vtt"] | str | None = None,
        temperature: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Transcription | Text:
        """Transcribe audio.

        OpenAI's transcription request, served by Whisper or ElevenLabs Scribe. Accepts mp3, mp4, mpeg,
        mpga, m4a, wav and webm files. Costs pollen per second of audio.

        Args:
            file: The audio file: mp3, mp4, mpeg, mpga, m4a, wav or webm.
            model: Name or alias of a transcription model. The service assumes whisper-large-v3 when it is
                not given.
            language: Language of the audio, ISO 639-1 (`en`, `fr`). Improves accuracy.
            prompt: Text that sets the style, or that precedes the audio.
            response_format: Format of the transcript. Only `json` and `verbose_json` work with every model.
                The service assumes json when it is not given.
            temperature: From 0 (deterministic) to 1 (varied).
            extra_headers: Headers to add or replace.
            extra_query: Query parameters to add.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Returns:
            The decoded response. With response_format text or srt or vtt the text.

        Raises:
            PollinationsError: The call failed; see `errors` for the kinds.
        """
        result: Transcription | Text = self._core.call(
            **create_transcription.get_kwargs(
                body={
                    "file": file,
                    "model": model,
                    "language": language,
                    "prompt": prompt,
                    "response_format": response_format,
                    "temperature": temperature,
                },
            ),
            options=Options(
                headers=extra_headers, query=extra_query, timeout=timeout, max_retries=max_retries
            ),
            mode=self._mode,
        )
        return result

    @property
    def with_raw_response(self) -> AudioTranscriptionsResourceWithRawResponse:
        """Return the same methods, which return the whole response: status, headers, bytes and what was parsed."""
        return AudioTranscriptionsResourceWithRawResponse(self._core)

    @property
    def with_streaming_response(self) -> AudioTranscriptionsResourceWithStreamingResponse:
        """Return the same methods, which return a response to be read piece by piece inside `with`."""
        return AudioTranscriptionsResourceWithStreamingResponse(self._core)


class AudioTranscriptionsResourceWithRawResponse:
    """Methods of `AudioTranscriptionsResource` that return the whole response."""

    def __init__(self, core: SyncCore) -> None:
        resource = AudioTranscriptionsResource(core, "raw")
        self.create = as_raw(resource.create)


class AudioTranscriptionsResourceWithStreamingResponse:
    """Methods of `AudioTranscriptionsResource` whose response is read piece by piece."""

    def __init__(self, core: SyncCore) -> None:
        resource = AudioTranscriptionsResource(core, "open")
        self.create = as_open(resource.create)


class AudioResource(Resource):
    """Speech, music and transcription. Costs pollen per character or second."""

    @cached_property
    def speech(self) -> AudioSpeechResource:
        """Audio speech."""
        return AudioSpeechResource(self._core)

    @cached_property
    def transcriptions(self) -> AudioTranscriptionsResource:
        """Audio transcriptions."""
        return AudioTranscriptionsResource(self._core)

    def generate(
        self,
        text: str,
        *,
        voice: Voice | None = None,
        response_format: AudioFormat | None = None,
        model: AudioModelName | None = None,
        duration: str | None = None,
        instrumental: Literal["true", "false"] | str | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Binary:
        """Generate speech or music.

        Return speech or music. The text is the path, percent-encoded as one segment; the response is audio.
        `elevenlabs` generates speech (with a choice of voice and format), `elevenmusic` composes music (3
        to 300 seconds). Costs pollen per character or second; responses are not cached.

        Args:
            text: The text of the speech, or a description of the music.
            voice: One of the preset voices; speech only. The service assumes alloy when it is not given.
            response_format: Format of the audio; speech only. The service assumes mp3 when it is not given.
            model: Name or alias of a speech or music model; `elevenlabs` when absent.
            duration: Duration of the music in seconds, 3 to 300, written as digits.
            instrumental: Compose without vocals; music only. The service assumes false when it is not
                given.
            extra_headers: Headers to add or replace.
            extra_query: Query parameters to add.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Returns:
            The bytes, with their content type and what the headers report.

        Raises:
            PollinationsError: The call failed; see `errors` for the kinds.
        """
        result: Binary = self._core.call(
            **generate_audio.get_kwargs(
                text=text,
                voice=voice,
                response_format=response_format,
                model=model,
                duration=duration,
                instrumental=instrumental,
            ),
            options=Options(
                headers=extra_headers, query=extra_query, timeout=timeout, max_retries=max_retries
            ),
            mode=self._mode,
        )
        return result

    @property
    def with_raw_response(self) -> AudioResourceWithRawResponse:
        """Return the same methods, which return the whole response: status, headers, bytes and what was parsed."""
        return AudioResourceWithRawResponse(self._core)

    @property
    def with_streaming_response(self) -> AudioResourceWithStreamingResponse:
        """Return the same methods, which return a response to be read piece by piece inside `with`."""
        return AudioResourceWithStreamingResponse(self._core)


class AudioResourceWithRawResponse:
    """Methods of `AudioResource` that return the whole response."""

    def __init__(self, core: SyncCore) -> None:
        resource = AudioResource(core, "raw")
        self.generate = as_raw(resource.generate)


class AudioResourceWithStreamingResponse:
    """Methods of `AudioResource` whose response is read piece by piece."""

    def __init__(self, core: SyncCore) -> None:
        resource = AudioResource(core, "open")
        self.generate = as_open(resource.generate)


class AsyncAudioSpeechResource(AsyncResource):
    """Audio speech."""

    async def create(
        self,
        *,
        input: str,
        model: AudioModelName | None = None,
        voice: Voice | str | None = None,
        response_format: AudioFormat | None = None,
        speed: float | None = None,
        duration: float | None = None,
        instrumental: bool | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Binary:
        """Generate speech or music, in OpenAI's format.

        OpenAI's text-to-speech request. With `model` set to `elevenmusic` (or `music`) it composes music
        instead. Costs pollen per character or second; responses are not cached.

        Args:
            input: The text of the speech, at most 4096 characters, or a description of the music.
            model: Name or alias of a speech or music model. The list is a snapshot; `/audio/models` is
                current.
            voice: A preset voice, or the id of a custom ElevenLabs voice. The service assumes alloy when it
                is not given.
            response_format: Format of the audio; speech only. The service assumes mp3 when it is not given.
            speed: Speed, from 0.25 to 4 times the normal one. From 0.25 to 4. The service assumes 1 when it
                is not given.
            duration: Duration of the music in seconds. From 3 to 300.
            instrumental: Compose without vocals; music only.
            extra_headers: Headers to add or replace.
            extra_query: Query parameters to add.
            extra_body: Fields to add to the body.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Returns:
            The bytes, with their content type and what the headers report.

        Raises:
            PollinationsError: The call failed; see `errors` for the kinds.
        """
        result: Binary = await self._core.call(
            **create_speech.get_kwargs(
                body={
                    "input": input,
                    "model": model if model is not None else UNSET,
                    "voice": voice if voice is not None else UNSET,
                    "response_format": response_format if response_format is not None else UNSET,
                    "speed": speed if speed is not None else UNSET,
                    "duration": duration if duration is not None else UNSET,
                    "instrumental": instrumental if instrumental is not None else UNSET,
                },
            ),
            options=Options(
                headers=extra_headers,
                query=extra_query,
                body=extra_body,
                timeout=timeout,
                max_retries=max_retries,
            ),
            mode=self._mode,
        )
        return result

    @property
    def with_raw_response(self) -> AsyncAudioSpeechResourceWithRawResponse:
        """Return the same methods, which return the whole response: status, headers, bytes and what was parsed."""
        return AsyncAudioSpeechResourceWithRawResponse(self._core)

    @property
    def with_streaming_response(self) -> AsyncAudioSpeechResourceWithStreamingResponse:
        """Return the same methods, which return a response to be read piece by piece inside `async with`."""
        return AsyncAudioSpeechResourceWithStreamingResponse(self._core)


class AsyncAudioSpeechResourceWithRawResponse:
    """Methods of `AsyncAudioSpeechResource` that return the whole response."""

    def __init__(self, core: AsyncCore) -> None:
        resource = AsyncAudioSpeechResource(core, "raw")
        self.create = as_async_raw(resource.create)


class AsyncAudioSpeechResourceWithStreamingResponse:
    """Methods of `AsyncAudioSpeechResource` whose response is read piece by piece."""

    def __init__(self, core: AsyncCore) -> None:
        resource = AsyncAudioSpeechResource(core, "open")
        self.create = as_async_open(resource.create)


class AsyncAudioTranscriptionsResource(AsyncResource):
    """Audio transcriptions."""

    @overload
    async def create(
        self,
        *,
        file: FileInput,
        model: TranscriptionModelName | None = None,
        language: str | None = None,
        prompt: str | None = None,
        response_format: Literal["json", "verbose_json"] | None = None,
        temperature: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Transcription: ...

    @overload
    async def create(
        self,
        *,
        file: FileInput,
        model: TranscriptionModelName | None = None,
        language: str | None = None,
        prompt: str | None = None,
        response_format: Literal["text", "srt", "vtt"],
        temperature: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Text: ...

    @overload
    async def create(
        self,
        *,
        file: FileInput,
        model: TranscriptionModelName | None = None,
        language: str | None = None,
        prompt: str | None = None,
        response_format: str | None,
        temperature: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Transcription | Text: ...

    async def create(
        self,
        *,
        file: FileInput,
        model: TranscriptionModelName | None = None,
        language: str | None = None,
        prompt: str | None = None,
        response_format: Literal["json", "text", "srt", "verbose_json", "vtt"] | str | None = None,
        temperature: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Transcription | Text:
        """Transcribe audio.

        OpenAI's transcription request, served by Whisper or ElevenLabs Scribe. Accepts mp3, mp4, mpeg,
        mpga, m4a, wav and webm files. Costs pollen per second of audio.

        Args:
            file: The audio file: mp3, mp4, mpeg, mpga, m4a, wav or webm.
            model: Name or alias of a transcription model. The service assumes whisper-large-v3 when it is
                not given.
            language: Language of the audio, ISO 639-1 (`en`, `fr`). Improves accuracy.
            prompt: Text that sets the style, or that precedes the audio.
            response_format: Format of the transcript. Only `json` and `verbose_json` work with every model.
                The service assumes json when it is not given.
            temperature: From 0 (deterministic) to 1 (varied).
            extra_headers: Headers to add or replace.
            extra_query: Query parameters to add.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Returns:
            The decoded response. With response_format text or srt or vtt the text.

        Raises:
            PollinationsError: The call failed; see `errors` for the kinds.
        """
        result: Transcription | Text = await self._core.call(
            **create_transcription.get_kwargs(
                body={
                    "file": file,
                    "model": model,
                    "language": language,
                    "prompt": prompt,
                    "response_format": response_format,
                    "temperature": temperature,
                },
            ),
            options=Options(
                headers=extra_headers, query=extra_query, timeout=timeout, max_retries=max_retries
            ),
            mode=self._mode,
        )
        return result

    @property
    def with_raw_response(self) -> AsyncAudioTranscriptionsResourceWithRawResponse:
        """Return the same methods, which return the whole response: status, headers, bytes and what was parsed."""
        return AsyncAudioTranscriptionsResourceWithRawResponse(self._core)

    @property
    def with_streaming_response(self) -> AsyncAudioTranscriptionsResourceWithStreamingResponse:
        """Return the same methods, which return a response to be read piece by piece inside `async with`."""
        return AsyncAudioTranscriptionsResourceWithStreamingResponse(self._core)


class AsyncAudioTranscriptionsResourceWithRawResponse:
    """Methods of `AsyncAudioTranscriptionsResource` that return the whole response."""

    def __init__(self, core: AsyncCore) -> None:
        resource = AsyncAudioTranscriptionsResource(core, "raw")
        self.create = as_async_raw(resource.create)


class AsyncAudioTranscriptionsResourceWithStreamingResponse:
    """Methods of `AsyncAudioTranscriptionsResource` whose response is read piece by piece."""

    def __init__(self, core: AsyncCore) -> None:
        resource = AsyncAudioTranscriptionsResource(core, "open")
        self.create = as_async_open(resource.create)


class AsyncAudioResource(AsyncResource):
    """Speech, music and transcription. Costs pollen per character or second."""

    @cached_property
    def speech(self) -> AsyncAudioSpeechResource:
        """Audio speech."""
        return AsyncAudioSpeechResource(self._core)

    @cached_property
    def transcriptions(self) -> AsyncAudioTranscriptionsResource:
        """Audio transcriptions."""
        return AsyncAudioTranscriptionsResource(self._core)

    async def generate(
        self,
        text: str,
        *,
        voice: Voice | None = None,
        response_format: AudioFormat | None = None,
        model: AudioModelName | None = None,
        duration: str | None = None,
        instrumental: Literal["true", "false"] | str | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | Timeout | Unset | None = UNSET,
        max_retries: int | None = None,
    ) -> Binary:
        """Generate speech or music.

        Return speech or music. The text is the path, percent-encoded as one segment; the response is audio.
        `elevenlabs` generates speech (with a choice of voice and format), `elevenmusic` composes music (3
        to 300 seconds). Costs pollen per character or second; responses are not cached.

        Args:
            text: The text of the speech, or a description of the music.
            voice: One of the preset voices; speech only. The service assumes alloy when it is not given.
            response_format: Format of the audio; speech only. The service assumes mp3 when it is not given.
            model: Name or alias of a speech or music model; `elevenlabs` when absent.
            duration: Duration of the music in seconds, 3 to 300, written as digits.
            instrumental: Compose without vocals; music only. The service assumes false when it is not
                given.
            extra_headers: Headers to add or replace.
            extra_query: Query parameters to add.
            timeout: Seconds to wait for the next byte; None waits forever.
            max_retries: How often to repeat where that is safe.

        Returns:
            The bytes, with their content type and what the headers report.

        Raises:
            PollinationsError: The call failed; see `errors` for the kinds.
        """
        result: Binary = await self._core.call(
            **generate_audio.get_kwargs(
                text=text,
                voice=voice,
                response_format=response_format,
                model=model,
                duration=duration,
                instrumental=instrumental,
            ),
            options=Options(
                headers=extra_headers, query=extra_query, timeout=timeout, max_retries=max_retries
            ),
            mode=self._mode,
        )
        return result

    @property
    def with_raw_response(self) -> AsyncAudioResourceWithRawResponse:
        """Return the same methods, which return the whole response: status, headers, bytes and what was parsed."""
        return AsyncAudioResourceWithRawResponse(self._core)

    @property
    def with_streaming_response(self) -> AsyncAudioResourceWithStreamingResponse:
        """Return the same methods, which return a response to be read piece by piece inside `async with`."""
        return AsyncAudioResourceWithStreamingResponse(self._core)


class AsyncAudioResourceWithRawResponse:
    """Methods of `AsyncAudioResource` that return the whole response."""

    def __init__(self, core: AsyncCore) -> None:
        resource = AsyncAudioResource(core, "raw")
        self.generate = as_async_raw(resource.generate)


class AsyncAudioResourceWithStreamingResponse:
    """Methods of `AsyncAudioResource` whose response is read piece by piece."""

    def __init__(self, core: AsyncCore) -> None:
        resource = AsyncAudioResource(core, "open")
        self.generate = as_async_open(resource.generate)
