// The Vercel AI SDK, with its provider for services that speak OpenAI's API.

import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { Output, generateText, isStepCount, streamText, tool } from "ai";
import { z } from "zod";
import { KEY, PERSON, QUESTION, RAIN, URL, WEATHER, expect, isPerson, take } from "./steps.mjs";

const person = z.object({ name: z.string(), age: z.number().int() });
const provider = (more) =>
  createOpenAICompatible({ name: "pollinations", baseURL: `${URL}/v1`, apiKey: KEY, ...more })("openai");
const seen = {};

await take({
  async chat() {
    const result = await generateText({ model: provider(), prompt: QUESTION });
    seen.text = result.text;
    expect(seen.text && result.usage.totalTokens, result.usage);
  },
  async stream() {
    let text = "";
    for await (const piece of streamText({ model: provider(), prompt: QUESTION }).textStream) text += piece;
    expect(text === seen.text, text);
  },
  async tools() {
    const weather = tool({
      description: "Get the weather",
      inputSchema: z.object({ city: z.string() }),
      execute: async () => RAIN,
    });
    const { text } = await generateText({
      model: provider(),
      prompt: WEATHER,
      tools: { get_weather: weather },
      stopWhen: isStepCount(3),
    });
    expect(text.includes(RAIN), text);
  },
  async "structured output"() {
    const inWords = `${PERSON} Respond with JSON of this schema: ${JSON.stringify(z.toJSONSchema(person))}`;
    for (const supportsStructuredOutputs of [true, false]) {
      const { output } = await generateText({
        model: provider({ supportsStructuredOutputs }),
        // Without structured outputs it sends json_object, and the schema nowhere.
        prompt: supportsStructuredOutputs ? PERSON : inWords,
        output: Output.object({ schema: person }),
      });
      expect(isPerson(output), output);
    }
  },
});
