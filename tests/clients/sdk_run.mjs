// The vendors' own SDKs against stand-in upstreams, through Waystation. First each SDK with an upstream of its own protocol, over
// plain HTTP and TLS; then every SDK with every protocol (pairs.mjs). At the end the ledger's rows are held against the
// upstream's own books.
//
// usage: node sdk_run.mjs WAYSTATIONCTL FOLDER [PART OF THE PAIRS' NAMES]

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import OpenAI from "openai";
import { collect, counts, shows } from "./checks.mjs";
import { addPairChannels, channelOf, pickyAlias, runPairs, upstreams } from "./pairs.mjs";
import { startStandIn } from "./stand_in.mjs";
import { makeWaystation, upstreamKey } from "./waystation.mjs";

const [ctl, folder, only] = process.argv.slice(2);
fs.rmSync(folder, { recursive: true, force: true });
fs.mkdirSync(folder, { recursive: true });

const openssl = (...args) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=stand-in authority");
openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost");
fs.writeFileSync(path.join(folder, "names"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", "server.pem", "-days", "2", "-extfile", "names");
const inFolder = (name) => path.join(folder, name);

const books = [];
const plain = await startStandIn({ books });
const overTls = await startStandIn({ books, tls: { cert: fs.readFileSync(inFolder("server.pem")), key: fs.readFileSync(inFolder("server.key")) } });
const forPairs = await startStandIn();

const waystation = makeWaystation(ctl, inFolder("data"));
for (const [scheme, { port }] of Object.entries({ http: plain, https: overTls })) {
  for (const dialect of upstreams) {
    const channel = `served-${dialect}-${scheme}`;
    waystation.addChannel(channel, dialect, `${scheme}://localhost:${port}`, ...(scheme === "https" ? ["--ca-file", inFolder("ca.pem")] : []));
    waystation.run("alias", "add", `asked-${dialect}-${scheme}`, "--to", `${channel}/${channel}`);
  }
}
addPairChannels(waystation, `http://localhost:${forPairs.port}`);
const key = waystation.addClient("sdk");
const pairsKey = waystation.addClient("pairs");
await waystation.serve();
const { base } = waystation;

// ---- the SDKs

const weather = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };

for (const scheme of ["http", "https"]) {
  const openai = new OpenAI({ baseURL: `${base}/v1`, apiKey: key, maxRetries: 0 });
  const anthropic = new Anthropic({ baseURL: base, apiKey: key, maxRetries: 0 });
  const google = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: base } });
  const name = (dialect) => `asked-${dialect}-${scheme}`;

  await shows(`openai chat, whole, ${scheme}`, async () => {
    const reply = await openai.chat.completions.create({ model: name("openai-chat"), messages: [{ role: "user", content: "hi" }] });
    assert.equal(reply.choices[0].message.content, "hello there");
    assert.equal(reply.usage.prompt_tokens, books.at(-1).input);
  });
  await shows(`openai chat, streamed without asking for usage, ${scheme}`, async () => {
    const chunks = await collect(await openai.chat.completions.create({ model: name("openai-chat"), stream: true, messages: [{ role: "user", content: "hi" }] }));
    assert.equal(chunks.map((c) => c.choices[0]?.delta?.content ?? "").join(""), "hello there");
    assert.ok(chunks.every((c) => c.choices.length === 1), "no chunk without choices may come");
  });
  await shows(`openai chat, streamed with usage, ${scheme}`, async () => {
    const chunks = await collect(await openai.chat.completions.create({ model: name("openai-chat"), stream: true, stream_options: { include_usage: true }, messages: [{ role: "user", content: "hi" }] }));
    assert.equal(chunks.at(-1).usage.completion_tokens, books.at(-1).output);
  });
  for (const stream of [false, true]) {
    await shows(`openai chat, tool round trip, ${stream ? "streamed" : "whole"}, ${scheme}`, async () => {
      const tools = [{ type: "function", function: { name: "get_weather", parameters: weather } }];
      const messages = [{ role: "user", content: "weather?" }];
      const ask = async () => stream
        ? (await openai.chat.completions.stream({ model: name("openai-chat"), messages, tools }).finalChatCompletion()).choices[0].message
        : (await openai.chat.completions.create({ model: name("openai-chat"), messages, tools })).choices[0].message;
      const called = await ask();
      assert.deepEqual(JSON.parse(called.tool_calls[0].function.arguments), { city: "Xi'an" });
      messages.push(called, { role: "tool", tool_call_id: called.tool_calls[0].id, content: "sunny" });
      assert.equal((await ask()).content, "hello there");
    });
    await shows(`openai responses, tool round trip, ${stream ? "streamed" : "whole"}, ${scheme}`, async () => {
      const tools = [{ type: "function", name: "get_weather", parameters: weather, strict: false }];
      const input = [{ role: "user", content: "weather?" }];
      const ask = async () => stream
        ? await openai.responses.stream({ model: name("openai-responses"), input, tools }).finalResponse()
        : await openai.responses.create({ model: name("openai-responses"), input, tools });
      const called = await ask();
      assert.equal(called.output[0].name, "get_weather");
      input.push(called.output[0], { type: "function_call_output", call_id: called.output[0].call_id, output: "sunny" });
      const last = await ask();
      assert.equal(last.output_text, "hello there");
      assert.equal(last.usage.output_tokens, books.at(-1).output);
    });
    await shows(`anthropic, tool round trip, ${stream ? "streamed" : "whole"}, ${scheme}`, async () => {
      const tools = [{ name: "get_weather", input_schema: weather }];
      const messages = [{ role: "user", content: "weather?" }];
      const ask = async () => stream
        ? await anthropic.messages.stream({ model: name("anthropic"), max_tokens: 99, messages, tools }).finalMessage()
        : await anthropic.messages.create({ model: name("anthropic"), max_tokens: 99, messages, tools });
      const called = await ask();
      assert.deepEqual(called.content[0].input, { city: "Xi'an" });
      messages.push({ role: "assistant", content: called.content }, { role: "user", content: [{ type: "tool_result", tool_use_id: called.content[0].id, content: "sunny" }] });
      const last = await ask();
      assert.equal(last.content[0].text, "hello there");
      assert.equal(last.usage.output_tokens, books.at(-1).output);
    });
    await shows(`gemini, tool round trip, ${stream ? "streamed" : "whole"}, ${scheme}`, async () => {
      const config = { tools: [{ functionDeclarations: [{ name: "get_weather", parametersJsonSchema: weather }] }] };
      const contents = [{ role: "user", parts: [{ text: "weather?" }] }];
      const ask = async () => {
        if (!stream) return (await google.models.generateContent({ model: name("gemini"), contents, config })).candidates[0].content.parts;
        const chunks = await collect(await google.models.generateContentStream({ model: name("gemini"), contents, config }));
        return chunks.flatMap((c) => c.candidates[0].content.parts);
      };
      const called = await ask();
      assert.deepEqual(called[0].functionCall.args, { city: "Xi'an" });
      contents.push({ role: "model", parts: called }, { role: "user", parts: [{ functionResponse: { name: "get_weather", response: { output: "sunny" } } }] });
      assert.equal((await ask()).map((p) => p.text).join(""), "hello there");
    });
  }
  await shows(`an unknown client key is refused in each protocol's shape, ${scheme}`, async () => {
    const bad = new OpenAI({ baseURL: `${base}/v1`, apiKey: "ws-wrong", maxRetries: 0 });
    await assert.rejects(bad.chat.completions.create({ model: "x", messages: [] }), (e) => e.status === 401 && e.code === "invalid_api_key");
    await assert.rejects(new Anthropic({ baseURL: base, apiKey: "ws-wrong", maxRetries: 0 }).messages.create({ model: "x", max_tokens: 1, messages: [] }), (e) => e.status === 401 && e.error.error.type === "authentication_error");
  });
}
await shows("model lists in all forms", async () => {
  const openai = new OpenAI({ baseURL: `${base}/v1`, apiKey: key });
  assert.ok((await collect(await openai.models.list())).some((m) => m.id === "asked-gemini-http"));
  const anthropic = new Anthropic({ baseURL: base, apiKey: key });
  assert.ok((await collect(await anthropic.models.list())).some((m) => m.id === "asked-gemini-http"));
  const google = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: base } });
  const names = (await collect(await google.models.list())).map((m) => m.name);
  assert.ok(names.includes("models/asked-gemini-http"), `got ${names}`);
});

// ---- every SDK with every protocol

await runPairs(waystation, pairsKey, forPairs, only);

// ---- the books

const isSame = (row, line) => row.inputTokens === line.input && row.outputTokens === line.output && row.cacheReadTokens === line.cached && row.reasoningTokens === line.reasoning;
await shows("the ledger's rows match the upstream's books to the token", async () => {
  const rows = waystation.calls("sdk").reverse();
  assert.equal(rows.length, books.length);
  rows.forEach((row, i) => {
    assert.equal(row.outcome, "done");
    assert.equal(row.usageKind, "reported");
    assert.ok(isSame(row, books[i]), `${JSON.stringify(row)} is not what ${JSON.stringify(books[i])} says`);
  });
});
await shows("the ledger's rows match the books of all pairs to the token, and no failure is called done", async () => {
  const rows = upstreams.flatMap((upstream) => [channelOf(upstream), pickyAlias(upstream)]).flatMap((channel) => waystation.calls("pairs", channel));
  const done = rows.filter((row) => row.outcome === "done");
  const lines = forPairs.books.filter((line) => !line.failed && !line.refused);
  for (const line of lines) assert.equal(done.filter((row) => row.usageKind === "reported" && isSame(row, line)).length, 1, `no row for ${line.dialect} #${line.nonce} ${line.script}`);
  assert.equal(done.length, lines.length);
});
await shows("no client key and no foreign header reached the upstream", async () => {
  for (const { headers } of [...books, ...forPairs.books]) {
    const text = JSON.stringify(headers);
    assert.ok(!text.includes(key) && !text.includes(pairsKey));
    assert.ok(text.includes(upstreamKey));
    assert.ok(!Object.keys(headers).some((name) => name.startsWith("x-stainless-")));
  }
});

await waystation.stop();
for (const standIn of [plain, overTls, forPairs]) standIn.close();
const { passed, failed } = counts();
console.log(`${passed} passed, ${failed} failed, ${books.length + forPairs.books.length} upstream calls`);
