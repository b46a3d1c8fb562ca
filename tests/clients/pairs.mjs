// Every SDK against an upstream of every protocol: sixteen pairs, and what has to hold for each of them.

import assert from "node:assert/strict";
import { atATime, shows } from "./checks.mjs";
import { makeSdks } from "./sdks.mjs";
import { said, thought, timeInput, weatherInput } from "./stand_in.mjs";

export const upstreams = ["openai-chat", "openai-responses", "anthropic", "gemini"];
export const channelOf = (upstream) => `pair-${upstream}`;
/// Models that are pickier than their protocol, and what a channel has to know of the vendor.
const picky = { "openai-chat": ["gpt-5.2", "+openai", "-old-max-tokens"], "openai-responses": ["gpt-5.2", "+openai", "-old-max-tokens"], anthropic: ["claude-opus-4-8", "+anthropic", "-anthropic-core-only"],
  gemini: ["gemini-3-pro-preview"] };
export const pickyAlias = (upstream) => `picky-${upstream}`;
const restingChannel = (sdk, upstream) => `limit-${sdk.replaceAll(" ", "-")}-${upstream}`;

const png = { mime: "image/png", data: "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==" };
const tools = [
  { name: "get_weather", description: "The weather", schema: { type: "object", properties: { city: { type: "string" }, days: { type: "array", items: { type: "integer" } }, note: { type: "string" } }, required: ["city"] } },
  { name: "get_time", description: "The time", schema: { type: "object", properties: { zone: { type: "string", enum: ["Europe/Zürich", "UTC"] } }, required: ["zone"], additionalProperties: false } },
];
/// Names and schemas that the client's protocol allows and another one does not.
const oddNames = { "openai-chat": "7zip-list", "openai-responses": "7zip-list", anthropic: `mcp__${"far_away_".repeat(10)}read`, gemini: "fs.read:file" };
const kinds = {
  limit: { "openai-chat": "rate_limit_exceeded", "openai-responses": "rate_limit_exceeded", anthropic: "rate_limit_error", gemini: "RESOURCE_EXHAUSTED" },
  context: { "openai-chat": "context_length_exceeded", "openai-responses": "context_length_exceeded", anthropic: "invalid_request_error", gemini: "INVALID_ARGUMENT" },
};

/// Channels that the checks need; to be made before the relay serves.
export function addPairChannels(waystation, url, sdkNames = Object.keys(makeSdks("http://localhost", "none"))) {
  for (const upstream of upstreams) waystation.addChannel(channelOf(upstream), upstream, url);
  for (const [upstream, [model, ...quirks]] of Object.entries(picky)) {
    waystation.addChannel(pickyAlias(upstream), upstream, url, "--model", model, ...quirks.flatMap((quirk) => ["--quirk", quirk]));
    waystation.run("alias", "add", pickyAlias(upstream), "--to", `${pickyAlias(upstream)}/${model}`);
  }
  // A 429 puts its key to rest, so each of these has a channel of its own.
  for (const sdk of sdkNames) for (const upstream of upstreams) waystation.addChannel(restingChannel(sdk, upstream), upstream, url);
}

export async function runPairs(waystation, key, standIn, only) {
  const sdks = makeSdks(waystation.base, key);
  let nonces = 0;
  const works = [];
  for (const [name, sdk] of Object.entries(sdks)) {
    for (const upstream of upstreams) {
      for (const stream of [false, true]) {
        const pair = `${name} -> ${upstream}, ${stream ? "streamed" : "whole"}`;
        const model = channelOf(upstream);
        /// The upstream's lines of the last talk.
        const talk = (script) => {
          const nonce = ++nonces;
          const lines = () => standIn.books.filter((line) => line.nonce === nonce);
          const turns = [{ user: `Please do script:${script} #${nonce}` }];
          const ask = async (rest = {}) => {
            const got = await sdk.ask({ model, turns, stream, ...rest });
            const line = lines().at(-1);
            assert.equal(line.dialect, upstream);
            assert.equal(line.call.streams, stream);
            assert.equal(line.call.mostOutput >= 4096, true, `the limit was ${line.call.mostOutput}`);
            assert.deepEqual(got.usage, { input: line.input, cached: line.cached, output: line.output, reasoning: line.reasoning });
            return got;
          };
          return { nonce, lines, turns, ask };
        };
        const fails = async (script, model) => {
          const { turns } = talk(script);
          let got;
          try {
            got = await sdk.ask({ model, turns, stream });
          } catch (error) {
            assert.notEqual(error.code, "ERR_ASSERTION");
            return error;
          }
          assert.fail(`a silent success: ${JSON.stringify(got)}`);
        };
        const check = (what, work) => {
          const title = `${pair}: ${what}`;
          if (!only || title.includes(only)) works.push(() => shows(title, work));
        };

        check("text and system text", async () => {
          const { ask, lines } = talk("text");
          const got = await ask({ system: "Be bréf.\nVery." });
          assert.equal(got.text, said);
          assert.deepEqual(got.calls, []);
          assert.equal(lines()[0].call.system, "Be bréf.\nVery.");
          assert.equal(lines()[0].call.turns.length, 1);
        });
        check("tool round trip", async () => {
          const { ask, turns, lines } = talk("tool");
          const called = await ask({ tools });
          assert.equal(called.text, "Let me look.");
          assert.deepEqual(called.calls.map(({ name, input }) => ({ name, input })), [{ name: "get_weather", input: weatherInput }]);
          turns.push({ replay: called.replay }, { results: [{ call: called.calls[0], text: "sunny & 31 °C" }] });
          const last = await ask({ tools });
          assert.match(last.text, /sunny & 31 °C/);
          const told = lines().at(-1).call;
          assert.deepEqual(told.turns.map((turn) => turn.role), ["user", "assistant", "results"]);
          assert.equal(told.turns[1].text, "Let me look.");
          assert.deepEqual(told.turns[1].calls[0].input, weatherInput);
          assert.deepEqual(told.tools, ["get_weather", "get_time"]);
          turns.push({ replay: last.replay }, { user: `And now script:text #${lines()[0].nonce}` });
          assert.equal((await ask({ tools })).text, said);
        });
        check("two tool calls at once", async () => {
          const { ask, turns } = talk("parallel");
          const called = await ask({ tools });
          assert.deepEqual(called.calls.map(({ name, input }) => ({ name, input })), [{ name: "get_weather", input: weatherInput }, { name: "get_time", input: timeInput }]);
          turns.push({ replay: called.replay }, { results: [{ call: called.calls[0], text: "rainy" }, { call: called.calls[1], text: "12:30" }] });
          assert.match((await ask({ tools })).text, /^It says .*rainy.* and .*12:30.*\.$/);
        });
        if (name === "openai responses" && upstream !== "openai-responses") check("an earlier answer by its id is known or refused", async () => {
          const openai = sdk.client;
          const { lines, nonce } = talk("text");
          const ask = async (rest) => {
            const events = await openai.responses.create({ model, stream, ...rest });
            if (stream) for await (const event of events) if (event.response) rest.id = event.response.id;
            return rest.id ?? events.id;
          };
          const previous_response_id = await ask({ input: `script:text #${nonce}` });
          await ask({ previous_response_id, input: `script:text #${nonce} again` }).catch((error) => assert.equal(error.status, 400));
          if (lines().length > 1) assert.deepEqual(lines()[1].call.turns.map((turn) => turn.role), ["user", "assistant", "user"], "the earlier answer was left out without a word");
          await assert.rejects(ask({ previous_response_id: "resp_unknown", input: `script:text #${nonce}` }), { status: 400 }, "an unknown answer was left out without a word");
        });
        check("a tool with an odd name and no arguments", async () => {
          const { ask, turns } = talk("first");
          const odd = [{ name: oddNames[sdk.dialect], description: "Without arguments", schema: { type: "object", properties: {} } }];
          const called = await ask({ tools: odd });
          assert.deepEqual(called.calls.map(({ name, input }) => ({ name, input })), [{ name: odd[0].name, input: {} }]);
          turns.push({ replay: called.replay }, { results: [{ call: called.calls[0], text: "" }] });
          assert.match((await ask({ tools: odd })).text, /^It says/);
        });
        // In its own protocol the client has to know its model by itself.
        if (upstream !== sdk.dialect) check(`what ${picky[upstream][0]} refuses is not asked of it`, async () => {
          for (const [script, rest] of [["tool", { tools, temperature: 0.3, system: "Be brief." }], ["thinktool", { tools, thinks: true }]]) {
            const { ask, turns, lines } = talk(script);
            const called = await ask({ model: pickyAlias(upstream), ...rest });
            turns.push({ replay: called.replay }, { results: [{ call: called.calls[0], text: "foggy" }] });
            assert.match((await ask({ model: pickyAlias(upstream), ...rest })).text, /foggy/);
            assert.equal(lines()[0].call.thinks, rest.thinks === true);
          }
        });
        const withResult = async (result) => {
          const { ask, turns, lines } = talk("parallel");
          const called = await ask({ tools });
          turns.push({ replay: called.replay }, { results: [{ call: called.calls[0], ...result }, { call: called.calls[1], text: "12:30" }] });
          assert.match((await ask({ tools })).text, /12:30/);
          return lines().at(-1).call.turns.slice(2);
        };
        if (["anthropic", "genai"].includes(name)) check("a tool that failed", async () => {
          const [{ results }] = await withResult({ text: "no such city", isError: true });
          assert.match(results[0].text, /no such city$/);
          assert.deepEqual(results.map((each) => each.isError), [true, false]);
        });
        if (["anthropic", "genai", "openai responses"].includes(name)) check("an image as a tool's result", async () => {
          const turns = await withResult({ text: "the radar", image: png });
          assert.match(turns[0].results[0].text, /^the radar/);
          assert.deepEqual(turns.flatMap((turn) => [...(turn.images ?? []), ...(turn.results ?? []).flatMap((each) => each.images ?? [])]), [png]);
        });
        check("a tool that has to be called", async () => {
          const got = await talk("forced").ask({ tools, choice: "get_time" });
          assert.deepEqual(got.calls.map(({ name, input }) => ({ name, input })), [{ name: "get_time", input: timeInput }]);
        });
        if (!name.startsWith("ai ")) check("an answer by a schema", async () => {
          const got = await talk("json").ask({ schema: tools[1].schema });
          assert.deepEqual(JSON.parse(got.text), timeInput);
          assert.deepEqual(got.calls, []);
        });
        check("an answer that is cut short by its limit", async () => {
          const got = await talk("length").ask();
          assert.equal(got.text, said);
          assert.ok(got.isCutShort);
        });
        check("an image", async () => {
          const { ask, turns } = talk("image");
          turns[0].image = png;
          assert.equal((await ask()).text, `I see ${png.mime} ${png.data}`);
        });
        check("reasoning", async () => {
          const { ask, lines } = talk("think");
          const got = await ask({ thinks: true });
          assert.equal(got.text, said);
          assert.equal(got.thoughts, thought);
          assert.ok(lines()[0].call.thinks, "the upstream was not asked to think");
        });
        check("reasoning and its state on the way back", async () => {
          const { ask, turns, lines } = talk("thinktool");
          const called = await ask({ tools, thinks: true });
          assert.equal(called.thoughts, thought);
          turns.push({ replay: called.replay }, { results: [{ call: called.calls[0], text: "windy" }] });
          assert.match((await ask({ tools, thinks: true })).text, /windy/);
          // This client keeps no state, and a chat upstream makes none.
          const keeps = name !== "ai openai-compatible" && upstream !== "openai-chat";
          if (keeps) assert.equal(lines().at(-1).call.turns[1].states.length, 1, "the upstream did not get its own state back");
        });
        for (const other of upstreams.filter((each) => each !== upstream)) {
          check(`a talk that goes on at ${other}`, async () => {
            const scripts = [["tool", { tools }], ["thinktool", { tools, thinks: true }]];
            // By itself this SDK sends ids for what it said, and an upstream's own ids are known there alone.
            if (name === "ai openai" && [upstream, other].includes("openai-responses")) scripts.shift();
            for (const [script, rest] of scripts) {
              const { ask, turns, lines } = talk(script);
              const called = await ask(rest);
              turns.push({ replay: called.replay }, { results: [{ call: called.calls[0], text: "cloudy" }] });
              const last = await sdk.ask({ model: channelOf(other), turns, stream, ...rest });
              assert.match(last.text, /cloudy/);
              const told = lines().at(-1);
              assert.equal(told.dialect, other);
              assert.deepEqual(told.call.turns.map((turn) => turn.role), ["user", "assistant", "results"]);
              assert.equal(told.call.turns[1].text, called.text);
              assert.deepEqual(told.call.turns[1].calls[0].input, weatherInput);
              // A talk that comes back finds its own state again.
              turns.push({ replay: last.replay }, { user: `And script:text #${lines()[0].nonce}` });
              assert.equal((await ask(rest)).text, said);
            }
          });
        }
        // The vendors' own SDKs ask for a stream, the ai package for a whole answer: each has one channel to put to rest.
        if (stream !== name.startsWith("ai ")) check("429 before the answer", async () => {
          const told = sdk.errorOf(await fails("limit", restingChannel(name, upstream)));
          assert.equal(told.status, 429, told.message);
          assert.equal(told.kind, kinds.limit[sdk.dialect]);
          assert.equal(Number(told.retryAfter), 7);
        });
        check("a context that is too long", async () => {
          const error = await fails("context", model);
          const told = sdk.errorOf(error);
          assert.equal(told.status, 400, error.stack);
          assert.equal(told.kind, kinds.context[sdk.dialect]);
          if (sdk.dialect === "anthropic") assert.match(told.message, /^prompt is too long/);
        });
        for (const fault of stream ? ["broken", "cut", "ended", "early"] : ["cut", "ended"]) {
          const what = { broken: "an error in the middle", cut: "a cut connection", ended: "an end without its mark", early: "an error as the first event" }[fault];
          check(`${what} is an error`, async () => { await fails(fault, model); });
        }
      }
    }
  }
  await atATime(12, works);
}
