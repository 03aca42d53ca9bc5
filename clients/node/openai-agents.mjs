// OpenAI's Agents SDK for JavaScript, over chat completions.

import {
  Agent, OpenAIChatCompletionsModel, Runner, setTracingDisabled, tool,
} from "@openai/agents";
import OpenAI from "openai";
import { z } from "zod";
import { KEY, PERSON, QUESTION, RAIN, URL, WEATHER, expect, isPerson, take } from "./steps.mjs";

setTracingDisabled(true);
const client = new OpenAI({ baseURL: `${URL}/v1`, apiKey: KEY });
const model = new OpenAIChatCompletionsModel(client, "openai");
const agent = (more) => new Agent({ name: "helper", model, ...more });
const runner = new Runner();
const seen = {};

await take({
  async chat() {
    seen.text = (await runner.run(agent(), QUESTION)).finalOutput;
    expect(seen.text, seen);
  },
  async stream() {
    const result = await runner.run(agent(), QUESTION, { stream: true });
    let text = "";
    for await (const piece of result.toTextStream()) text += piece;
    expect(text === seen.text, text);
  },
  async tools() {
    const weather = tool({
      name: "get_weather",
      description: "Get the weather",
      parameters: z.object({ city: z.string() }),
      execute: async () => RAIN,
    });
    const { finalOutput } = await runner.run(agent({ tools: [weather] }), WEATHER);
    expect(finalOutput.includes(RAIN), finalOutput);
  },
  async "structured output"() {
    const person = z.object({ name: z.string(), age: z.number().int() });
    const { finalOutput } = await runner.run(agent({ outputType: person }), PERSON);
    expect(isPerson(finalOutput), finalOutput);
  },
});
