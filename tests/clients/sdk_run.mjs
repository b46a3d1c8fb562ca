// The vendors' own SDKs against a stand-in upstream of each protocol, through Waystation: text and tools, whole and
// streamed, over plain HTTP and TLS. At the end the ledger's rows are held against the upstream's own books.
//
// usage: node sdk_run.mjs WAYSTATIONCTL FOLDER

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import https from "node:https";
import path from "node:path";
import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import OpenAI from "openai";

const [ctl, folder] = process.argv.slice(2);
fs.rmSync(folder, { recursive: true, force: true });
fs.mkdirSync(folder, { recursive: true });
const data = path.join(folder, "data");

// ---- the stand-in upstream

const books = []; // what it counted, a line a call
let counter = 0;

function count(dialect, headers) {
  counter += 1;
  const line = { dialect, input: 1000 + counter * 7, cached: counter * 3, output: 50 + counter * 5, reasoning: counter * 2, headers };
  books.push(line);
  return line;
}

const sse = (name, value) => (name ? `event: ${name}\n` : "") + `data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`;

const answers = {
  "openai-chat"(body, line) {
    const wantsTool = body.tools && !body.messages.some((m) => m.role === "tool");
    const usage = {
      prompt_tokens: line.input, completion_tokens: line.output, total_tokens: line.input + line.output,
      prompt_tokens_details: { cached_tokens: line.cached }, completion_tokens_details: { reasoning_tokens: line.reasoning },
    };
    const head = { id: `chatcmpl-${counter}`, created: 1790000000, model: "served-chat" };
    const call = { id: "call_1", type: "function", function: { name: "get_weather", arguments: '{"city":"Xi\'an"}' } };
    if (!body.stream)
      return { ...head, object: "chat.completion", usage, choices: [{ index: 0, finish_reason: wantsTool ? "tool_calls" : "stop",
        message: { role: "assistant", content: wantsTool ? null : "hello there", ...(wantsTool ? { tool_calls: [call] } : {}) } }] };
    const chunk = (delta, finish_reason = null) => sse("", { ...head, object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason }] });
    const events = [chunk({ role: "assistant", content: "" })];
    if (wantsTool) {
      events.push(chunk({ tool_calls: [{ index: 0, ...call, function: { name: "get_weather", arguments: "" } }] }));
      for (const piece of ['{"city":', '"Xi\'an"}']) events.push(chunk({ tool_calls: [{ index: 0, function: { arguments: piece } }] }));
    } else {
      for (const piece of ["hello", " there"]) events.push(chunk({ content: piece }));
    }
    events.push(chunk({}, wantsTool ? "tool_calls" : "stop"));
    if (body.stream_options?.include_usage) events.push(sse("", { ...head, object: "chat.completion.chunk", choices: [], usage }));
    events.push(sse("", "[DONE]"));
    return events;
  },

  "openai-responses"(body, line) {
    const wantsTool = body.tools && !(Array.isArray(body.input) && body.input.some((i) => i.type === "function_call_output"));
    const usage = {
      input_tokens: line.input, input_tokens_details: { cached_tokens: line.cached }, output_tokens: line.output,
      output_tokens_details: { reasoning_tokens: line.reasoning }, total_tokens: line.input + line.output,
    };
    const item = wantsTool
      ? { id: "fc_1", type: "function_call", status: "completed", call_id: "call_1", name: "get_weather", arguments: '{"city":"Xi\'an"}' }
      : { id: "msg_1", type: "message", status: "completed", role: "assistant", content: [{ type: "output_text", text: "hello there", annotations: [] }] };
    const response = { id: `resp_${counter}`, object: "response", created_at: 1790000000, status: "completed", model: "served-responses", output: [item], usage, error: null };
    if (!body.stream) return response;
    let number = 0;
    const event = (type, rest) => sse(type, { type, sequence_number: number++, ...rest });
    const events = [
      event("response.created", { response: { ...response, status: "in_progress", output: [], usage: null } }),
      event("response.output_item.added", { output_index: 0, item: wantsTool ? { ...item, arguments: "" } : { ...item, content: [] } }),
    ];
    if (wantsTool) events.push(event("response.function_call_arguments.delta", { item_id: "fc_1", output_index: 0, delta: item.arguments }));
    else {
      events.push(event("response.content_part.added", { item_id: "msg_1", output_index: 0, content_index: 0, part: { type: "output_text", text: "", annotations: [] } }));
      for (const delta of ["hello", " there"]) events.push(event("response.output_text.delta", { item_id: "msg_1", output_index: 0, content_index: 0, delta }));
    }
    events.push(event("response.output_item.done", { output_index: 0, item }), event("response.completed", { response }));
    return events;
  },

  anthropic(body, line) {
    const wantsTool = body.tools && !body.messages.some((m) => Array.isArray(m.content) && m.content.some((b) => b.type === "tool_result"));
    const usage = { input_tokens: line.input - line.cached, cache_read_input_tokens: line.cached, cache_creation_input_tokens: 0, output_tokens: line.output };
    const content = wantsTool ? [{ type: "tool_use", id: "toolu_1", name: "get_weather", input: { city: "Xi'an" } }] : [{ type: "text", text: "hello there" }];
    const message = { id: `msg_${counter}`, type: "message", role: "assistant", model: "served-anthropic", content, stop_reason: wantsTool ? "tool_use" : "end_turn", stop_sequence: null, usage };
    if (!body.stream) return message;
    const event = (type, rest = {}) => sse(type, { type, ...rest });
    const events = [event("message_start", { message: { ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } } })];
    events.push(event("content_block_start", { index: 0, content_block: wantsTool ? { ...content[0], input: {} } : { type: "text", text: "" } }), event("ping"));
    const deltas = wantsTool
      ? ['{"city":', '"Xi\'an"}'].map((partial_json) => ({ type: "input_json_delta", partial_json }))
      : ["hello", " there"].map((text) => ({ type: "text_delta", text }));
    for (const delta of deltas) events.push(event("content_block_delta", { index: 0, delta }));
    events.push(event("content_block_stop", { index: 0 }), event("message_delta", { delta: { stop_reason: message.stop_reason, stop_sequence: null }, usage: { output_tokens: line.output } }), event("message_stop"));
    return events;
  },

  gemini(body, line, streams) {
    const wantsTool = body.tools && !body.contents.some((c) => c.parts.some((p) => p.functionResponse));
    const usage = { promptTokenCount: line.input, cachedContentTokenCount: line.cached, candidatesTokenCount: line.output - line.reasoning,
      thoughtsTokenCount: line.reasoning, totalTokenCount: line.input + line.output };
    const reply = (parts, finishReason) => ({ candidates: [{ index: 0, content: { role: "model", parts }, ...(finishReason ? { finishReason } : {}) }],
      modelVersion: "served-gemini", responseId: `g${counter}`, usageMetadata: finishReason ? usage : { promptTokenCount: line.input, totalTokenCount: line.input } });
    const parts = wantsTool ? [{ functionCall: { name: "get_weather", args: { city: "Xi'an" } } }] : [{ text: "hello" }, { text: " there" }];
    if (!streams) return reply(parts, "STOP");
    return parts.map((part, i) => sse("", reply([part], i + 1 === parts.length ? "STOP" : undefined)));
  },
};

function dialectOf(url) {
  if (url.includes("/chat/completions")) return "openai-chat";
  if (url.includes("/responses")) return "openai-responses";
  if (url.includes("/messages")) return "anthropic";
  return "gemini";
}

async function handle(request, response) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  const body = JSON.parse(Buffer.concat(pieces).toString());
  const dialect = dialectOf(request.url);
  const line = count(dialect, request.headers);
  const reply = answers[dialect](body, line, request.url.includes("streamGenerateContent"));
  if (!Array.isArray(reply)) {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(reply));
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const event of reply) {
    // Each event is cut in two, so that no reader may count on whole events in one piece.
    response.write(event.slice(0, 20));
    await new Promise((resolve) => setTimeout(resolve, 2));
    response.write(event.slice(20));
  }
  response.end();
}

const listen = (server) => new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server.address().port)));
const openssl = (...args) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=stand-in authority");
openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost");
fs.writeFileSync(path.join(folder, "names"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", "server.pem", "-days", "2", "-extfile", "names");
const plainServer = http.createServer(handle);
const tlsServer = https.createServer({ cert: fs.readFileSync(path.join(folder, "server.pem")), key: fs.readFileSync(path.join(folder, "server.key")) }, handle);
const plainPort = await listen(plainServer);
const tlsPort = await listen(tlsServer);

// ---- Waystation

const run = (...args) => execFileSync(ctl, [...args, "--data-dir", data], { env: { ...process.env, STAND_IN_KEY: "sk-stand-in-0123456789abcdef" } }).toString();
const providers = { "openai-chat": "openai-compatible", "openai-responses": "openai-compatible", anthropic: "anthropic-compatible", gemini: "gemini-compatible" };
for (const [scheme, port] of [["http", plainPort], ["https", tlsPort]]) {
  for (const [dialect, provider] of Object.entries(providers)) {
    run("channel", "add", `${dialect}-${scheme}`, "--vault", "environment", "--provider", provider, "--dialect", dialect, "--base-url", `${scheme}://localhost:${port}`,
      "--key-env", "STAND_IN_KEY", "--model", `served-${dialect}-${scheme}`, ...(scheme === "https" ? ["--ca-file", path.join(folder, "ca.pem")] : []));
    run("alias", "add", `asked-${dialect}-${scheme}`, "--to", `${dialect}-${scheme}/served-${dialect}-${scheme}`, "--vault", "environment");
  }
}
const { key } = JSON.parse(run("client", "add", "sdk", "--json", "--vault", "environment"));
const portFinder = http.createServer();
const port = await listen(portFinder);
await new Promise((resolve) => portFinder.close(resolve));
const relay = spawn(ctl, ["serve", "--data-dir", data, "--vault", "environment", "--port", String(port)],
  { env: { ...process.env, STAND_IN_KEY: "sk-stand-in-0123456789abcdef" }, stdio: ["ignore", "pipe", "inherit"] });
const base = `http://127.0.0.1:${port}`;
for (let tries = 0; ; tries += 1) {
  try {
    if ((await fetch(base, { method: "HEAD" })).ok) break;
  } catch {
    assert.ok(tries < 200, "the relay did not start");
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
}

// ---- the SDKs

const weather = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
let passed = 0;
async function shows(what, work) {
  try {
    await work();
    passed += 1;
    console.log(`ok   ${what}`);
  } catch (error) {
    console.log(`FAIL ${what}: ${error.stack}`);
    process.exitCode = 1;
  }
}
const collect = async (stream) => {
  const all = [];
  for await (const event of stream) all.push(event);
  return all;
};

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

// ---- the books

await shows("the ledger's rows match the upstream's books to the token", async () => {
  const rows = run("calls", "--json", "--limit", "1000").trim().split("\n").flatMap((line) => JSON.parse(line)).filter((row) => row.client === "sdk").reverse();
  assert.equal(rows.length, books.length);
  rows.forEach((row, i) => {
    const line = books[i];
    assert.equal(row.outcome, "done");
    assert.equal(row.usageKind, "reported");
    assert.equal(row.inputTokens, line.input);
    assert.equal(row.outputTokens, line.output);
    assert.equal(row.cacheReadTokens, line.cached);
    if (line.dialect !== "anthropic") assert.equal(row.reasoningTokens, line.reasoning);
  });
});
await shows("no client key and no foreign header reached the upstream", async () => {
  for (const { headers } of books) {
    assert.ok(!JSON.stringify(headers).includes(key));
    assert.ok(JSON.stringify(headers).includes("sk-stand-in-0123456789abcdef"));
    assert.ok(!Object.keys(headers).some((name) => name.startsWith("x-stainless-")));
  }
});

relay.kill("SIGTERM");
await new Promise((resolve) => relay.on("exit", resolve));
plainServer.closeAllConnections();
tlsServer.closeAllConnections();
plainServer.close();
tlsServer.close();
console.log(`${passed} passed, ${books.length} upstream calls`);
