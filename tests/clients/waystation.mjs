// Waystation for a run: its own data folder, channels to a stand-in, a client key, and the program serving on loopback.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import http from "node:http";

export const upstreamKey = "sk-stand-in-0123456789abcdef";
export const providers = { "openai-chat": "openai-compatible", "openai-responses": "openai-compatible", anthropic: "anthropic-compatible", gemini: "gemini-compatible" };

export function makeWaystation(ctl, data) {
  const env = { ...process.env, STAND_IN_KEY: upstreamKey };
  const run = (...args) => execFileSync(ctl, [...args, "--data-dir", data, "--vault", "environment"], { env, stdio: "pipe", maxBuffer: 64 << 20 }).toString();
  return {
    run,
    /// A channel `name` that serves the model of the same name.
    addChannel(name, dialect, url, ...more) {
      run("channel", "add", name, "--provider", providers[dialect], "--dialect", dialect, "--base-url", url, "--key-env", "STAND_IN_KEY", "--model", name, ...more);
    },
    addClient: (name) => JSON.parse(run("client", "add", name, "--json")).key,
    /// The rows of a client, newest first; one question answers with at most a thousand.
    calls(client, channel) {
      const rows = run("calls", "--json", "--limit", "1000", "--client", client, ...(channel ? ["--channel", channel] : [])).trim().split("\n").flatMap((line) => JSON.parse(line));
      assert.ok(rows.length < 1000, "more rows than one question answers with");
      return rows;
    },
    /// Serves until `stop`; the address to ask is `base`.
    async serve() {
      const finder = http.createServer();
      await new Promise((resolve) => finder.listen(0, "127.0.0.1", resolve));
      const { port } = finder.address();
      await new Promise((resolve) => finder.close(resolve));
      const relay = spawn(ctl, ["serve", "--data-dir", data, "--vault", "environment", "--port", String(port)], { env, stdio: ["ignore", "pipe", "inherit"] });
      const ended = new Promise((resolve) => relay.on("exit", resolve));
      this.base = `http://127.0.0.1:${port}`;
      for (let tries = 0; ; tries += 1) {
        try {
          if ((await fetch(this.base, { method: "HEAD" })).ok) break;
        } catch {
          assert.ok(tries < 200, "the relay did not start");
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      this.stop = async () => {
        relay.kill("SIGTERM");
        await ended;
      };
    },
  };
}
