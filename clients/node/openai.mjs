// The openai package.

import OpenAI, { toFile } from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";
import { CITY, KEY, PERSON, QUESTION, RAIN, SPOKEN, URL, WEATHER, expect, isPerson, take } from "./steps.mjs";

const client = new OpenAI({ baseURL: `${URL}/v1`, apiKey: KEY });
const asking = (content) => ({ model: "openai", messages: [{ role: "user", content }] });
const seen = {};

await take({
  async chat() {
    const response = await client.chat.completions.create(asking(QUESTION));
    seen.text = response.choices[0].message.content;
    expect(seen.text && response.usage.total_tokens, response);
  },
  async stream() {
    const stream = client.chat.completions.stream(asking(QUESTION));
    const text = await stream.finalContent();
    expect(text === seen.text, text);
  },
  async tools() {
    const tool = {
      type: "function",
      function: {
        name: "get_weather",
        description: "Get the weather",
        parameters: CITY,
        parse: JSON.parse,
        function: ({ city }) => city && RAIN,
      },
    };
    const text = await client.chat.completions
      .runTools({ ...asking(WEATHER), tools: [tool] })
      .finalContent();
    expect(text.includes(RAIN), text);
  },
  async "structured output"() {
    const form = zodResponseFormat(z.object({ name: z.string(), age: z.number().int() }), "person");
    const response = await client.chat.completions.parse({ ...asking(PERSON), response_format: form });
    expect(isPerson(response.choices[0].message.parsed), response);
  },
  async speech() {
    const response = await client.audio.speech.create({ model: "tts-1", voice: "nova", input: SPOKEN });
    seen.audio = Buffer.from(await response.arrayBuffer());
    expect(seen.audio.length > 1000, seen.audio.length);
  },
  async transcription() {
    const file = await toFile(seen.audio, "speech.mp3");
    const { text } = await client.audio.transcriptions.create({ model: "whisper-1", file });
    expect(text === SPOKEN, text);
  },
  async "model list"() {
    const names = (await client.models.list()).data.map((model) => model.id);
    expect(names.includes("openai"), names);
  },
});
