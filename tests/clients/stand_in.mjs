// An upstream that speaks all four protocols, is strict about what it gets, and does what the last user text tells it:
// "script:NAME #7", so that a script works through any translation. Keeps books of every call.

import http from "node:http";
import https from "node:https";
import { Refusal, dialects } from "./dialects.mjs";

export const said = "hello there, wörld ☀";
export const thought = "First I look at the map.";
export const weatherInput = { city: "Xi'an 西安", days: [1, 2], note: "a \"quoted\" \\ word" };
export const timeInput = { zone: "Europe/Zürich" };
const reply = (rest) => ({ text: [], thoughts: [], calls: [], ...rest });
const pieces = (text) => text.match(/.{1,9}/gsu);

/// What each script answers. `call` is the request in its plain form, `results` what came back for the last calls, `lookUp` finds
/// a tool of the client's by pattern.
const scripts = {
  text: () => reply({ text: pieces(said) }),
  tool: ({ results }) => (results ? answer(results) : reply({ text: ["Let me look."], calls: [{ name: "get_weather", input: weatherInput }] })),
  parallel: ({ results }) => (results ? answer(results) : reply({ calls: [{ name: "get_weather", input: weatherInput }, { name: "get_time", input: timeInput }] })),
  image: ({ call }) => reply({ text: [`I see ${call.turns.flatMap((turn) => turn.images ?? []).map((image) => `${image.mime} ${image.data}`).join()}`] }),
  stumble: () => reply({ text: pieces(said) }), // the first time its connection is cut
  think: () => reply({ thoughts: pieces(thought), text: pieces(said) }),
  first: ({ call, results }) => (results ? answer(results) : reply({ calls: [{ name: call.tools[0], input: {} }] })),
  forced: ({ call }) => reply(["auto", "any"].includes(call.choice) ? { text: ["Nobody forces me."] } : { calls: [{ name: call.choice, input: timeInput }] }),
  length: () => reply({ text: pieces(said), isCutShort: true }),
  // What wants JSON may come as a schema, or as a tool that has to be called.
  json: ({ call }) => (call.schema ? reply({ text: pieces(JSON.stringify(timeInput)) }) : reply(["auto", "any"].includes(call.choice) ? { text: ["no schema came"] } : { calls: [{ name: call.choice, input: timeInput }] })),
  thinktool: ({ results }) => (results ? answer(results) : reply({ thoughts: pieces(thought), calls: [{ name: "get_weather", input: weatherInput }] })),
};
const answer = (results) => reply({ text: pieces(`It says ${results.map((result) => result.text).join(" and ")}.`) });

/// Starts it; `more` holds further scripts, `tls` {key, cert}, `books` may be shared with another one. Without a script the answer
/// follows from the tools alone: a call, then two words.
export async function startStandIn({ more = {}, tls, pause = 2, books = [] } = {}) {
  // What it gave out and takes back: signatures, and ids of items with the item.
  const issued = Object.fromEntries(Object.keys(dialects).map((name) => [name, new Map()]));
  const known = { ...scripts, ...more };

  const plain = ({ call, results }) => (call.tools.length && !results ? reply({ calls: [{ name: "get_weather", input: { city: "Xi'an" } }] }) : reply({ text: ["hello", " there"] }));

  async function handle(request, response) {
    const octets = [];
    for await (const piece of request) octets.push(piece);
    const name = Object.keys(dialects).find((id) => request.url.includes(dialects[id].path));
    const dialect = dialects[name];
    const number = books.length + 1;
    const line = { dialect: name, number, headers: request.headers, url: request.url, refused: null, failed: false, script: "", nonce: 0,
      input: 1000 + number * 7, cached: number * 3, output: 50 + number * 5, reasoning: number * 2 };
    books.push(line);
    const sendJson = (status, body, headers = {}) => {
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(JSON.stringify(body));
    };
    let call;
    try {
      const text = Buffer.concat(octets).toString();
      line.nonce = Number([...text.matchAll(/script:[a-z]+ #(\d+)/g)].at(-1)?.[1] ?? 0);
      line.body = JSON.parse(text);
      call = dialect.read(line.body, issued[name], request.headers, request.url);
    } catch (error) {
      if (!(error instanceof Refusal)) console.error(error);
      line.refused = error.message;
      return sendJson(400, dialect.error({ status: 400, message: `the stand-in refuses this: ${error.message}` }));
    }
    line.call = call;
    // Clients and translations put texts of their own between and behind what was asked.
    const at = call.turns.findLastIndex((turn) => turn.role === "user" && turn.text.includes("script:"));
    const asked = call.turns[at]?.text ?? "";
    const [, script = "", nonce = 0] = [...asked.matchAll(/script:([a-z]+) #(\d+)/g)].at(-1) ?? [];
    Object.assign(line, { script, nonce: Number(nonce) });
    const { results = null } = call.turns.slice(at + 1).findLast((turn) => turn.role !== "user") ?? {};
    if (script === "limit" || script === "context") {
      const error = dialect.errors[script];
      line.failed = true;
      return sendJson(error.status, dialect.error(error), script === "limit" ? { "retry-after": "7" } : {});
    }
    const stumbles = script === "stumble" && books.filter((each) => each.script === "stumble" && each.nonce === line.nonce).length === 1;
    const fault = ["broken", "cut", "ended", "early"].includes(script) ? script : stumbles ? "cut" : null;
    line.failed = fault !== null;
    const made = fault ? scripts.text() : (known[script] ?? plain)({ call, results, asked });
    if (!call.streams) {
      const body = JSON.stringify(dialect.whole(made, line, issued[name]));
      if (!fault) return sendJson(200, JSON.parse(body));
      response.writeHead(200, { "content-type": "application/json", ...(fault === "cut" ? { "content-length": Buffer.byteLength(body) } : {}) });
      response.write(body.slice(0, body.length / 2));
      return setTimeout(() => (fault === "cut" ? response.destroy() : response.end()), 5);
    }
    const stream = dialect.events(made, line, call.wantsUsage, issued[name]);
    let events = fault ? stream.events : [...stream.events, ...stream.end];
    if (fault === "early") events = name === "openai-responses" ? stream.events.slice(0, 1) : [];
    if (fault === "early" || fault === "broken") events.push(dialect.brokenEvent(dialect.errors.broken, line, stream.event));
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const event of events) {
      // Each event is cut in two, so that no reader may count on whole events in one piece.
      response.write(event.slice(0, 20));
      await new Promise((resolve) => setTimeout(resolve, pause));
      response.write(event.slice(20));
    }
    if (fault === "cut") setTimeout(() => response.destroy(), 5);
    else response.end();
  }

  const server = tls ? https.createServer(tls, handle) : http.createServer(handle);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    books,
    port: server.address().port,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
