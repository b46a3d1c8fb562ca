// Coding agents from npm, headless, against a stand-in upstream of every protocol, through Waystation. The upstream asks for the
// agent's own shell to read files that hold random words; the agent has to run it and to print what the upstream made of it.
//
// usage: node agents_run.mjs WAYSTATIONCTL FOLDER [PART OF THE NAMES]     (FOLDER holds node_modules)

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { atATime, counts, shows } from "./checks.mjs";
import { said, startStandIn } from "./stand_in.mjs";
import { makeWaystation } from "./waystation.mjs";

const [ctl, folder, only = ""] = process.argv.slice(2);
const upstreams = ["openai-chat", "openai-responses", "anthropic", "gemini"];
const runs = path.join(folder, "runs");
fs.rmSync(runs, { recursive: true, force: true });
fs.mkdirSync(runs, { recursive: true });

// ---- what the upstream asks for

const shells = { Bash: "command", exec_command: "cmd", shell_command: "command", run_shell_command: "command" };
function shell(call, command) {
  const name = call.tools.find((tool) => shells[tool]);
  assert.ok(name, `no shell among ${call.tools}`);
  return { name, input: { [shells[name]]: command, ...(shells[name] === "command" ? { description: "Reads a note" } : {}) } };
}
/// A tool that takes free text: as it is where the protocol has such tools, else as one argument.
function free(call, ending, input) {
  const name = call.tools.find((tool) => tool.endsWith(ending));
  assert.ok(name, `no ${ending} among ${call.tools}`);
  return { name, input: { input }, custom: call.customs?.find((tool) => tool.name === name) };
}
const patch = "*** Begin Patch\n*** Add File: made.txt\n+It's \"made\" \\ from wörds\n*** End Patch\n";
const code = 'const one = await tools.exec_command({ cmd: "cat one.txt" });\ntext(one);\n';
const answer = (results) => ({ thoughts: [], calls: [], text: ["The notes say: ", results.map((result) => result.text).join(" and ")] });
const more = {
  shell: ({ call, results }) => (results ? answer(results) : { thoughts: [], text: ["I read the note."], calls: [shell(call, "cat one.txt")] }),
  both: ({ call, results }) => (results ? answer(results) : { thoughts: ["Two at once."], text: [], calls: [shell(call, "cat one.txt"), shell(call, "cat two.txt")] }),
};
more.patch = ({ call, results }) => (results ? answer(results) : { thoughts: ["A file."], text: [], calls: [free(call, "apply_patch", patch)] });
more.code = ({ call, results }) => (results ? answer(results) : { thoughts: [], text: ["I run it."], calls: [free(call, "exec", code)] });
const standIn = await startStandIn({ more });
const waystation = makeWaystation(ctl, path.join(runs, "data"));
// Codex knows some models by how their names begin, and has other tools for them.
const models = ["coder", "gpt-5.5", "gpt-6.1-sol"];
for (const upstream of upstreams) {
  const channel = `coder-${upstream}`;
  waystation.addChannel(channel, upstream, `http://localhost:${standIn.port}`);
  for (const model of models.slice(1)) waystation.run("alias", "add", `${model}-${upstream}`, "--to", `${channel}/${channel}`);
}
const key = waystation.addClient("agents");
await waystation.serve();
const { base } = waystation;

// ---- the agents

const bin = (name) => path.join(folder, "node_modules", ".bin", name);
const quietClaude = { DISABLE_AUTOUPDATER: "1", DISABLE_TELEMETRY: "1", DISABLE_ERROR_REPORTING: "1", CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1", CLAUDE_CODE_MAX_RETRIES: "1",
  CLAUDE_CODE_MAX_CONTEXT_TOKENS: "200000" };
const claude = (extra) => (home, model, prompt) => ({
  program: bin("claude"),
  args: ["-p", prompt, "--allowedTools", "Bash"],
  env: { ANTHROPIC_BASE_URL: base, ANTHROPIC_AUTH_TOKEN: key, ANTHROPIC_MODEL: model, ...quietClaude, ...extra },
});
const normal = [["shell", "one tool call"], ["both", "two tool calls at once"]];
const agents = {
  "Claude Code": claude({ ENABLE_TOOL_SEARCH: "false", CLAUDE_CODE_ATTRIBUTION_HEADER: "0", CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS: "1" }),
  "Claude Code without switches": claude({}),
  "Codex"(home, model, prompt) {
    fs.mkdirSync(path.join(home, ".codex"));
    fs.writeFileSync(path.join(home, ".codex", "config.toml"), `model = "${model}"\nmodel_provider = "relay"\nmodel_context_window = 200000\ncheck_for_update_on_startup = false\n
[analytics]\nenabled = false\n
[model_providers.relay]\nname = "Local relay"\nbase_url = "${base}/v1"\nenv_key = "RELAY_KEY"\nwire_api = "responses"\nrequest_max_retries = 1\nstream_max_retries = 1\n`);
    return { program: bin("codex"), args: ["exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", prompt], env: { RELAY_KEY: key } };
  },
  "Gemini CLI"(home, model, prompt) {
    fs.mkdirSync(path.join(home, ".gemini"));
    fs.writeFileSync(path.join(home, ".gemini", "settings.json"), JSON.stringify({ security: { auth: { selectedType: "gemini-api-key" } }, telemetry: { enabled: false },
      privacy: { usageStatisticsEnabled: false }, general: { disableAutoUpdate: true, disableUpdateNag: true } }));
    return { program: process.execPath, args: [bin("gemini"), "-m", model, "--yolo", "-p", prompt],
      env: { GOOGLE_GEMINI_BASE_URL: base, GEMINI_API_KEY: key, GEMINI_CLI_TRUST_WORKSPACE: "true" } };
  },
};

/// Runs it to its end; nothing but loopback can be reached by its proxy settings.
function go({ program, args, env }, home, cwd) {
  const child = spawn(program, args, { cwd, stdio: ["ignore", "pipe", "pipe"], env: { PATH: `${path.dirname(process.execPath)}:${process.env.PATH}`, HOME: home, TERM: "dumb", LANG: "C.UTF-8",
    HTTPS_PROXY: "http://127.0.0.1:9", NO_PROXY: "127.0.0.1,localhost", ...env } });
  let out = "";
  let err = "";
  child.stdout.on("data", (piece) => (out += piece));
  child.stderr.on("data", (piece) => (err += piece));
  const timer = setTimeout(() => child.kill("SIGKILL"), 90_000);
  return new Promise((resolve) => child.on("exit", (code, signal) => {
    clearTimeout(timer);
    resolve({ code: code ?? signal, out, err });
  }));
}

const table = {};
let nonces = 0;
const works = [];
const kinds = [...Object.keys(agents).map((name) => [name, name, "coder", normal]),
  ["Codex with gpt-5.5", "Codex", "gpt-5.5", [...normal, ["patch", "a patch as free text"]]], ["Codex with gpt-6.1-sol", "Codex", "gpt-6.1-sol", [["code", "code as free text"]]],
  // Gemini CLI gives up by its own choice when a stream breaks.
  ...["Claude Code", "Codex"].map((name) => [`${name}, stumbling`, name, "coder", [["stumble", "a broken stream is asked for again"]]])];
for (const [name, program, model, scripts] of kinds) {
  for (const upstream of upstreams) {
    for (const [script, what] of scripts) {
      const title = `${name} -> ${upstream}: ${what}`;
      if (!title.includes(only)) continue;
      works.push(async () => {
        const nonce = ++nonces;
        const [home, cwd] = ["home", "work"].map((part) => path.join(runs, `${nonce}`, part));
        for (const each of [home, cwd]) fs.mkdirSync(each, { recursive: true });
        const words = ["one", "two"].map((note) => {
          const word = randomBytes(8).toString("hex");
          fs.writeFileSync(path.join(cwd, `${note}.txt`), `${word}\n`);
          return word;
        });
        table[name] ??= Object.fromEntries(upstreams.map((each) => [each, []]));
        const marks = table[name][upstream];
        await shows(title, async () => {
          const began = Date.now();
          const { code, out, err } = await go(agents[program](home, `${model}-${upstream}`, `Do script:${script} #${nonce}`), home, cwd);
          fs.writeFileSync(path.join(runs, `${nonce}`, "output"), `${title}\n${code}\n--- out\n${out}\n--- err\n${err}`);
          const lines = standIn.books.filter((line) => line.nonce === nonce);
          fs.writeFileSync(path.join(runs, `${nonce}`, "upstream.json"), JSON.stringify(lines, null, 1));
          const refused = lines.find((line) => line.refused);
          marks.push("fails");
          assert.ok(!refused, `the upstream refused: ${refused?.refused}`);
          assert.equal(code, 0, `${out}\n${err}`);
          if (script === "patch") assert.equal(fs.readFileSync(path.join(cwd, "made.txt"), "utf8"), "It's \"made\" \\ from wörds\n");
          for (const word of { both: words, patch: [], stumble: [said] }[script] ?? words.slice(0, 1)) assert.ok(out.includes(word), `no ${word} in: ${out}\n${err}`);
          assert.ok(lines.length >= 2 && lines.every((line) => line.dialect === upstream));
          if (script === "stumble") assert.deepEqual(lines.map((line) => line.failed), [true, false]);
          const { turns } = lines.at(-1).call;
          const behind = turns.slice(turns.findLastIndex((turn) => turn.text?.includes("script:")) + 1).map((turn) => turn.role);
          // What a client does with the half of an answer is its own affair.
          if (script !== "stumble") assert.deepEqual(behind, ["assistant", "results"]);
          marks[marks.length - 1] = `${((Date.now() - began) / 1000).toFixed(1)} s`;
        });
      });
    }
  }
}
await atATime(2, works);

await shows("the ledger's rows match the upstream's books to the token", async () => {
  const rows = waystation.calls("agents");
  assert.equal(rows.length, standIn.books.length);
  for (const line of standIn.books.filter((each) => !each.refused && !each.failed)) {
    const row = rows.find((each) => each.inputTokens === line.input && each.outputTokens === line.output && each.cacheReadTokens === line.cached);
    assert.ok(row, `no row for call ${line.number}`);
    assert.equal(row.outcome, "done");
  }
  assert.equal(rows.filter((row) => row.outcome === "done").length, standIn.books.filter((line) => !line.refused && !line.failed).length);
});
await waystation.stop();
standIn.close();
console.log(`\n| agent | ${upstreams.join(" | ")} |\n|---|${upstreams.map(() => "---|").join("")}`);
for (const [name, row] of Object.entries(table)) console.log(`| ${name} | ${upstreams.map((upstream) => row[upstream].join(", ")).join(" | ")} |`);
const { passed, failed } = counts();
console.log(`\n${passed} passed, ${failed} failed, ${standIn.books.length} upstream calls`);
