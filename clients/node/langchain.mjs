// LangChain for JavaScript, with @langchain/openai.

import { HumanMessage, ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";
import { z } from "zod";
import { KEY, PERSON, QUESTION, RAIN, URL, WEATHER, expect, isPerson, take } from "./steps.mjs";

const model = new ChatOpenAI({
  model: "openai",
  apiKey: KEY,
  configuration: { baseURL: `${URL}/v1` },
});
const seen = {};

await take({
  async chat() {
    seen.text = (await model.invoke(QUESTION)).text;
    expect(seen.text, seen);
  },
  async stream() {
    let text = "";
    for await (const chunk of await model.stream(QUESTION)) text += chunk.text;
    expect(text === seen.text, text);
  },
  async tools() {
    const weather = tool(() => RAIN, {
      name: "get_weather",
      description: "Get the weather",
      schema: z.object({ city: z.string() }),
    });
    const bound = model.bindTools([weather]);
    const first = await bound.invoke(WEATHER);
    const [call] = first.tool_calls;
    const result = new ToolMessage({ content: await weather.invoke(call.args), tool_call_id: call.id });
    const last = await bound.invoke([new HumanMessage(WEATHER), first, result]);
    expect(last.text.includes(RAIN), last.text);
  },
  async "structured output"() {
    const person = z.object({ name: z.string(), age: z.number().int() });
    for (const method of ["jsonSchema", "functionCalling"]) {
      const made = await model.withStructuredOutput(person, { method }).invoke(PERSON);
      expect(isPerson(made), made);
    }
  },
});
