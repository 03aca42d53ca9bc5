"""Models of the contract, each loaded when it is first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .assistant_message import AssistantMessage
    from .assistant_request_message import AssistantRequestMessage
    from .audio_format import AudioFormat
    from .audio_model_name import AudioModelName
    from .bad_request_error import BadRequestError
    from .bad_request_error_body import BadRequestErrorBody
    from .balance import Balance
    from .built_in_tool import BuiltInTool
    from .cache_control import CacheControl
    from .chat_audio import ChatAudio
    from .chat_audio_delta import ChatAudioDelta
    from .chat_audio_options import ChatAudioOptions
    from .chat_choice import ChatChoice
    from .chat_completion import ChatCompletion
    from .chat_completion_chunk import ChatCompletionChunk
    from .chat_completion_event import ChatCompletionEvent
    from .chat_message import ChatMessage, ChatMessageInput
    from .choice_logprobs import ChoiceLogprobs
    from .chunk_choice import ChunkChoice
    from .chunk_delta import ChunkDelta
    from .chunk_usage import ChunkUsage
    from .completion_tokens_details import CompletionTokensDetails
    from .completion_usage import CompletionUsage
    from .content_block import ContentBlock, ContentBlockInput
    from .content_block_delta import ContentBlockDelta
    from .content_filter_detection import ContentFilterDetection
    from .content_filter_rating import ContentFilterRating
    from .content_filter_result import ContentFilterResult
    from .content_filter_severity import ContentFilterSeverity
    from .create_chat_completion_request import CreateChatCompletionRequest
    from .create_speech_request import CreateSpeechRequest
    from .create_transcription_request import CreateTranscriptionRequest
    from .daily_usage_record import DailyUsageRecord
    from .daily_usage_report import DailyUsageReport
    from .developer_message import DeveloperMessage
    from .error_body import ErrorBody
    from .error_details import ErrorDetails
    from .error_envelope import ErrorEnvelope
    from .file_part import FilePart
    from .file_reference import FileReference
    from .forbidden_error import ForbiddenError
    from .forbidden_error_body import ForbiddenErrorBody
    from .function_call import FunctionCall
    from .function_call_delta import FunctionCallDelta
    from .function_definition import FunctionDefinition
    from .function_message import FunctionMessage
    from .function_name import FunctionName
    from .function_tool import FunctionTool
    from .image_model_name import ImageModelName
    from .image_url import ImageUrl
    from .image_url_block import ImageUrlBlock
    from .image_url_part import ImageUrlPart
    from .input_audio import InputAudio
    from .input_audio_part import InputAudioPart
    from .internal_error import InternalError
    from .internal_error_body import InternalErrorBody
    from .json_schema_format import JsonSchemaFormat
    from .key_info import KeyInfo
    from .key_permissions import KeyPermissions
    from .legacy_function import LegacyFunction
    from .media_error import MediaError
    from .message_content import MessageContent, MessageContentInput
    from .message_content_part import MessageContentPart, MessageContentPartInput
    from .model import Model
    from .model_info import ModelInfo
    from .model_list import ModelList
    from .model_pricing import ModelPricing
    from .named_tool_choice import NamedToolChoice
    from .not_found_error import NotFoundError
    from .not_found_error_body import NotFoundErrorBody
    from .other_block import OtherBlock
    from .other_part import OtherPart
    from .payment_required_error import PaymentRequiredError
    from .payment_required_error_body import PaymentRequiredErrorBody
    from .price import Price
    from .profile import Profile
    from .prompt_filter_result import PromptFilterResult
    from .prompt_tokens_details import PromptTokensDetails
    from .rate_limit_error import RateLimitError
    from .redacted_thinking_block import RedactedThinkingBlock
    from .response_format import ResponseFormat, ResponseFormatInput
    from .response_format_json_object import ResponseFormatJsonObject
    from .response_format_json_schema import ResponseFormatJsonSchema
    from .response_format_text import ResponseFormatText
    from .stream_options import StreamOptions
    from .system_message import SystemMessage
    from .text_block import TextBlock
    from .text_model_name import TextModelName
    from .text_part import TextPart
    from .thinking_block import ThinkingBlock
    from .thinking_options import ThinkingOptions
    from .tier import Tier
    from .token_logprob import TokenLogprob
    from .too_many_requests_error import TooManyRequestsError
    from .too_many_requests_error_body import TooManyRequestsErrorBody
    from .tool import Tool, ToolInput
    from .tool_call import ToolCall
    from .tool_call_delta import ToolCallDelta
    from .tool_choice import ToolChoice, ToolChoiceInput
    from .tool_message import ToolMessage
    from .top_logprob import TopLogprob
    from .transcription import Transcription
    from .transcription_model_name import TranscriptionModelName
    from .unauthorized_error import UnauthorizedError
    from .unauthorized_error_body import UnauthorizedErrorBody
    from .upload import Upload
    from .upload_form import UploadForm
    from .upload_json import UploadJson
    from .usage_error import UsageError
    from .usage_record import UsageRecord
    from .usage_report import UsageReport
    from .user_message import UserMessage
    from .validation_error_details import ValidationErrorDetails
    from .video_url import VideoUrl
    from .video_url_part import VideoUrlPart
    from .voice import Voice

_MODULES = {
    "AssistantMessage": "assistant_message",
    "AssistantRequestMessage": "assistant_request_message",
    "AudioFormat": "audio_format",
    "AudioModelName": "audio_model_name",
    "BadRequestError": "bad_request_error",
    "BadRequestErrorBody": "bad_request_error_body",
    "Balance": "balance",
    "BuiltInTool": "built_in_tool",
    "CacheControl": "cache_control",
    "ChatAudio": "chat_audio",
    "ChatAudioDelta": "chat_audio_delta",
    "ChatAudioOptions": "chat_audio_options",
    "ChatChoice": "chat_choice",
    "ChatCompletion": "chat_completion",
    "ChatCompletionChunk": "chat_completion_chunk",
    "ChatCompletionEvent": "chat_completion_event",
    "ChatMessage": "chat_message",
    "ChatMessageInput": "chat_message",
    "ChoiceLogprobs": "choice_logprobs",
    "ChunkChoice": "chunk_choice",
    "ChunkDelta": "chunk_delta",
    "ChunkUsage": "chunk_usage",
    "CompletionTokensDetails": "completion_tokens_details",
    "CompletionUsage": "completion_usage",
    "ContentBlock": "content_block",
    "ContentBlockDelta": "content_block_delta",
    "ContentBlockInput": "content_block",
    "ContentFilterDetection": "content_filter_detection",
    "ContentFilterRating": "content_filter_rating",
    "ContentFilterResult": "content_filter_result",
    "ContentFilterSeverity": "content_filter_severity",
    "CreateChatCompletionRequest": "create_chat_completion_request",
    "CreateSpeechRequest": "create_speech_request",
    "CreateTranscriptionRequest": "create_transcription_request",
    "DailyUsageRecord": "daily_usage_record",
    "DailyUsageReport": "daily_usage_report",
    "DeveloperMessage": "developer_message",
    "ErrorBody": "error_body",
    "ErrorDetails": "error_details",
    "ErrorEnvelope": "error_envelope",
    "FilePart": "file_part",
    "FileReference": "file_reference",
    "ForbiddenError": "forbidden_error",
    "ForbiddenErrorBody": "forbidden_error_body",
    "FunctionCall": "function_call",
    "FunctionCallDelta": "function_call_delta",
    "FunctionDefinition": "function_definition",
    "FunctionMessage": "function_message",
    "FunctionName": "function_name",
    "FunctionTool": "function_tool",
    "ImageModelName": "image_model_name",
    "ImageUrl": "image_url",
    "ImageUrlBlock": "image_url_block",
    "ImageUrlPart": "image_url_part",
    "InputAudio": "input_audio",
    "InputAudioPart": "input_audio_part",
    "InternalError": "internal_error",
    "InternalErrorBody": "internal_error_body",
    "JsonSchemaFormat": "json_schema_format",
    "KeyInfo": "key_info",
    "KeyPermissions": "key_permissions",
    "LegacyFunction": "legacy_function",
    "MediaError": "media_error",
    "MessageContent": "message_content",
    "MessageContentInput": "message_content",
    "MessageContentPart": "message_content_part",
    "MessageContentPartInput": "message_content_part",
    "Model": "model",
    "ModelInfo": "model_info",
    "ModelList": "model_list",
    "ModelPricing": "model_pricing",
    "NamedToolChoice": "named_tool_choice",
    "NotFoundError": "not_found_error",
    "NotFoundErrorBody": "not_found_error_body",
    "OtherBlock": "other_block",
    "OtherPart": "other_part",
    "PaymentRequiredError": "payment_required_error",
    "PaymentRequiredErrorBody": "payment_required_error_body",
    "Price": "price",
    "Profile": "profile",
    "PromptFilterResult": "prompt_filter_result",
    "PromptTokensDetails": "prompt_tokens_details",
    "RateLimitError": "rate_limit_error",
    "RedactedThinkingBlock": "redacted_thinking_block",
    "ResponseFormat": "response_format",
    "ResponseFormatInput": "response_format",
    "ResponseFormatJsonObject": "response_format_json_object",
    "ResponseFormatJsonSchema": "response_format_json_schema",
    "ResponseFormatText": "response_format_text",
    "StreamOptions": "stream_options",
    "SystemMessage": "system_message",
    "TextBlock": "text_block",
    "TextModelName": "text_model_name",
    "TextPart": "text_part",
    "ThinkingBlock": "thinking_block",
    "ThinkingOptions": "thinking_options",
    "Tier": "tier",
    "TokenLogprob": "token_logprob",
    "TooManyRequestsError": "too_many_requests_error",
    "TooManyRequestsErrorBody": "too_many_requests_error_body",
    "Tool": "tool",
    "ToolCall": "tool_call",
    "ToolCallDelta": "tool_call_delta",
    "ToolChoice": "tool_choice",
    "ToolChoiceInput": "tool_choice",
    "ToolInput": "tool",
    "ToolMessage": "tool_message",
    "TopLogprob": "top_logprob",
    "Transcription": "transcription",
    "TranscriptionModelName": "transcription_model_name",
    "UnauthorizedError": "unauthorized_error",
    "UnauthorizedErrorBody": "unauthorized_error_body",
    "Upload": "upload",
    "UploadForm": "upload_form",
    "UploadJson": "upload_json",
    "UsageError": "usage_error",
    "UsageRecord": "usage_record",
    "UsageReport": "usage_report",
    "UserMessage": "user_message",
    "ValidationErrorDetails": "validation_error_details",
    "VideoUrl": "video_url",
    "VideoUrlPart": "video_url_part",
    "Voice": "voice",
}

__all__ = (
    "AssistantMessage",
    "AssistantRequestMessage",
    "AudioFormat",
    "AudioModelName",
    "BadRequestError",
    "BadRequestErrorBody",
    "Balance",
    "BuiltInTool",
    "CacheControl",
    "ChatAudio",
    "ChatAudioDelta",
    "ChatAudioOptions",
    "ChatChoice",
    "ChatCompletion",
    "ChatCompletionChunk",
    "ChatCompletionEvent",
    "ChatMessage",
    "ChatMessageInput",
    "ChoiceLogprobs",
    "ChunkChoice",
    "ChunkDelta",
    "ChunkUsage",
    "CompletionTokensDetails",
    "CompletionUsage",
    "ContentBlock",
    "ContentBlockDelta",
    "ContentBlockInput",
    "ContentFilterDetection",
    "ContentFilterRating",
    "ContentFilterResult",
    "ContentFilterSeverity",
    "CreateChatCompletionRequest",
    "CreateSpeechRequest",
    "CreateTranscriptionRequest",
    "DailyUsageRecord",
    "DailyUsageReport",
    "DeveloperMessage",
    "ErrorBody",
    "ErrorDetails",
    "ErrorEnvelope",
    "FilePart",
    "FileReference",
    "ForbiddenError",
    "ForbiddenErrorBody",
    "FunctionCall",
    "FunctionCallDelta",
    "FunctionDefinition",
    "FunctionMessage",
    "FunctionName",
    "FunctionTool",
    "ImageModelName",
    "ImageUrl",
    "ImageUrlBlock",
    "ImageUrlPart",
    "InputAudio",
    "InputAudioPart",
    "InternalError",
    "InternalErrorBody",
    "JsonSchemaFormat",
    "KeyInfo",
    "KeyPermissions",
    "LegacyFunction",
    "MediaError",
    "MessageContent",
    "MessageContentInput",
    "MessageContentPart",
    "MessageContentPartInput",
    "Model",
    "ModelInfo",
    "ModelList",
    "ModelPricing",
    "NamedToolChoice",
    "NotFoundError",
    "NotFoundErrorBody",
    "OtherBlock",
    "OtherPart",
    "PaymentRequiredError",
    "PaymentRequiredErrorBody",
    "Price",
    "Profile",
    "PromptFilterResult",
    "PromptTokensDetails",
    "RateLimitError",
    "RedactedThinkingBlock",
    "ResponseFormat",
    "ResponseFormatInput",
    "ResponseFormatJsonObject",
    "ResponseFormatJsonSchema",
    "ResponseFormatText",
    "StreamOptions",
    "SystemMessage",
    "TextBlock",
    "TextModelName",
    "TextPart",
    "ThinkingBlock",
    "ThinkingOptions",
    "Tier",
    "TokenLogprob",
    "TooManyRequestsError",
    "TooManyRequestsErrorBody",
    "Tool",
    "ToolCall",
    "ToolCallDelta",
    "ToolChoice",
    "ToolChoiceInput",
    "ToolInput",
    "ToolMessage",
    "TopLogprob",
    "Transcription",
    "TranscriptionModelName",
    "UnauthorizedError",
    "UnauthorizedErrorBody",
    "Upload",
    "UploadForm",
    "UploadJson",
    "UsageError",
    "UsageRecord",
    "UsageReport",
    "UserMessage",
    "ValidationErrorDetails",
    "VideoUrl",
    "VideoUrlPart",
    "Voice",
)


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{module}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
