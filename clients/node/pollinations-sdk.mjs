// The service's own SDK for JavaScript.

import { Pollinations } from "@pollinations/sdk";
import { CITY, KEY, PERSON, QUESTION, RAIN, SPOKEN, URL, WEATHER, expect, isPerson, take } from "./steps.mjs";

const client = new Pollinations({ apiKey: KEY, baseUrl: URL, maxRetries: 1 });
const asking = (content) => [{ role: "user", content }];
const seen = {};

await take({
  async chat() {
    const response = await client.chat(asking(QUESTION), { model: "openai", seed: 1 });
    seen.text = response.choices[0].message.content;
    expect(seen.text, response);
  },
  async stream() {
    let text = "";
    for await (const chunk of client.chatStream(asking(QUESTION), { model: "openai", seed: 1 })) {
      text += chunk.choices?.[0]?.delta?.content ?? "";
    }
    expect(text === seen.text, text);
  },
  async tools() {
    const tools = [
      { type: "function", function: { name: "get_weather", description: "Get the weather", parameters: CITY } },
    ];
    const first = (await client.chat(asking(WEATHER), { model: "openai", tools })).choices[0].message;
    const [call] = first.tool_calls;
    expect(JSON.parse(call.function.arguments).city, call);
    const result = { role: "tool", tool_call_id: call.id, content: RAIN };
    const messages = [...asking(WEATHER), first, result];
    const last = (await client.chat(messages, { model: "openai", tools })).choices[0].message;
    expect(last.content.includes(RAIN), last);
  },
  async "structured output"() {
    const schema = {
      type: "object",
      properties: { name: { type: "string" }, age: { type: "integer" } },
      required: ["name", "age"],
    };
    const responseFormat = { type: "json_schema", json_schema: { name: "person", schema } };
    const response = await client.chat(asking(PERSON), { model: "openai", responseFormat });
    expect(isPerson(JSON.parse(response.choices[0].message.content)), response);
  },
  async speech() {
    const { buffer } = await client.audioSpeech(SPOKEN, { voice: "nova" });
    seen.audio = Buffer.from(buffer);
    expect(seen.audio.length > 1000, seen.audio.length);
  },
  async transcription() {
    const { text } = await client.transcribe(seen.audio, { model: "whisper-1" });
    expect(text === SPOKEN, text);
  },
  async images() {
    const { buffer } = await client.image("a bee", { width: 64, height: 64, model: "flux" });
    expect(Buffer.from(buffer).subarray(0, 2).toString("hex") === "ffd8", buffer.byteLength);
  },
  async "model list"() {
    const listed = await client.models();
    const models = listed.data ?? listed;
    expect(models.some((model) => model.id === "openai"), models);
  },
});
