// What each program of this folder shares: the questions, and taking turns with `tools/clients.py`.
//
// A program calls `take` with a function for each feature that its client has. After each of them one
// line of JSON says how it went; the runner looks at the server's report and lets the program go on.
// No program reaches anything but this machine.

import dns from "node:dns";
import { createInterface } from "node:readline";

export const URL = process.env.BASE_URL;
export const KEY = process.env.API_KEY;
const MARK = "@step ";

export const QUESTION = "Name a colour.";
export const WEATHER = "What is the weather in Ulm?";
export const RAIN = "rain, 12 degrees";
export const PERSON = "Ada is 36 years old. Who is it?";
export const SPOKEN = "Good morning.";
export const CITY = {
  type: "object",
  properties: { city: { type: "string", description: "A city" } },
  required: ["city"],
};

// Names lead to other machines.
dns.lookup = (name, ...rest) => {
  const callback = rest[rest.length - 1];
  callback(new Error(`${name} is not reached from here`));
};

/** Throw what was returned instead, unless something holds. */
export function expect(holds, returned) {
  if (!holds) throw new Error(`returned ${String(JSON.stringify(returned)).slice(0, 80)}`);
}

/** Return whether a value is a person with an age. */
export function isPerson(value) {
  return typeof value?.name === "string" && Number.isInteger(value?.age);
}

/** Try each feature in turn: an object of functions, which throw unless the client works. */
export async function take(features) {
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  for (const [feature, attempt] of Object.entries(features)) {
    let error = null;
    try {
      await attempt();
    } catch (thrown) {
      const text = `${thrown?.name ?? "Error"}: ${thrown?.message ?? thrown}`;
      error = text.split(/\s+/).join(" ").slice(0, 300);
    }
    process.stdout.write(MARK + JSON.stringify({ feature, error }) + "\n");
    if ((await lines.next()).done) break;
  }
  process.exit(0);
}
