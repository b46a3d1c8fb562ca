// The four protocols as a strict upstream has them. `read` turns a request into one plain form and refuses what its vendor would
// refuse; `whole` and `events` say a reply in the protocol's words. No network here.

export class Refusal extends Error {}
const must = (holds, message) => {
  if (!holds) throw new Refusal(message);
};
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const isText = (value) => typeof value === "string";
function only(value, names, where) {
  must(isObject(value), `${where} has to be an object`);
  for (const name of Object.keys(value)) must(names.includes(name), `unknown field ${where}.${name}`);
}
function number(value, where, least, most = Infinity) {
  if (value !== undefined && value !== null) must(typeof value === "number" && value >= least && value <= most, `${where} is out of range: ${JSON.stringify(value)}`);
}
function whole(value, where, least) {
  number(value, where, least);
  if (value !== undefined && value !== null) must(Number.isInteger(value), `${where} is no integer`);
}
const toolName = /^[A-Za-z0-9_-]{1,64}$/;

/// An image as {mime, data}; its octets have to be what its type says.
function image(mime, data, where) {
  must(/^[A-Za-z0-9+/]+={0,2}$/.test(data ?? ""), `${where}: the image is no base64`);
  must(mime === "image/png" && data.startsWith("iVBORw0KGgo"), `${where}: not the image/png that it should be, but ${mime}`);
  return { mime, data };
}
function dataUrl(url, where) {
  const [, mime, data] = /^data:([a-z/]+);base64,(.*)$/s.exec(url ?? "") ?? [];
  must(data !== undefined, `${where} is no data URL`);
  return image(mime, data, where);
}
function parsedArguments(text, where) {
  must(isText(text), `${where} has to be a string`);
  try {
    const value = JSON.parse(text);
    must(isObject(value), `${where} is no object`);
    return value;
  } catch (error) {
    throw new Refusal(`${where} is no JSON: ${error.message}`);
  }
}

/// Turns as {role: user|assistant|results}. Keeps the rule that all dialects share: results stand right behind their calls, each once.
class Turns {
  list = [];
  open = []; // ids that wait for their result

  user(text, images = []) {
    must(this.open.length === 0, `tool calls without results: ${this.open}`);
    this.list.push({ role: "user", text, images });
  }
  assistant(text, calls = [], states = [], thoughts = "") {
    must(this.open.length === 0, `tool calls without results: ${this.open}`);
    this.list.push({ role: "assistant", text, calls, states, thoughts });
    this.open = calls.map((call) => call.id);
  }
  results(results) {
    for (const { id } of results) {
      must(this.open.includes(id), `a result for ${id}, which was not called right before`);
      this.open.splice(this.open.indexOf(id), 1);
    }
    const last = this.list.at(-1);
    if (last.role === "results") last.results.push(...results);
    else this.list.push({ role: "results", results: [...results] });
  }
  done() {
    must(this.open.length === 0, `tool calls without results: ${this.open}`);
    must(this.list.length > 0, "there is no turn");
    return this.list;
  }
}

/// Where a protocol has no mark for a result that is an error, its text says so.
const failing = (result) => ({ ...result, isError: result.text.startsWith("[tool error] ") });
const sse = (name, value) => (name ? `event: ${name}\n` : "") + `data: ${isText(value) ? value : JSON.stringify(value)}\n\n`;
const argumentsOf = (call) => JSON.stringify(call.input);
const halves = (text) => [text.slice(0, Math.ceil(text.length / 2)), text.slice(Math.ceil(text.length / 2))];

// ---- OpenAI Chat

const chatFields = ["model", "messages", "audio", "frequency_penalty", "logit_bias", "logprobs", "max_completion_tokens", "max_tokens", "metadata",
  "modalities", "n", "parallel_tool_calls", "prediction", "presence_penalty", "prompt_cache_key", "prompt_cache_retention", "reasoning_effort",
  "response_format", "safety_identifier", "seed", "service_tier", "stop", "store", "stream", "stream_options", "temperature", "tool_choice", "tools",
  "top_logprobs", "top_p", "user", "verbosity", "web_search_options"];

const chat = {
  path: "/chat/completions",
  read(body) {
    only(body, chatFields, "request");
    must(isText(body.model), "model is required");
    must(Array.isArray(body.messages) && body.messages.length > 0, "messages is required");
    whole(body.max_tokens, "max_tokens", 1);
    whole(body.max_completion_tokens, "max_completion_tokens", 1);
    must(body.max_tokens === undefined || body.max_completion_tokens === undefined, "max_tokens beside max_completion_tokens");
    number(body.temperature, "temperature", 0, 2);
    number(body.top_p, "top_p", 0, 1);
    if (/^gpt-5/.test(body.model)) {
      must(body.max_tokens === undefined, "Unsupported parameter: 'max_tokens'; use 'max_completion_tokens'");
      for (const name of ["temperature", "top_p", "stop", "presence_penalty", "logit_bias"]) must(body[name] === undefined || body[name] === 1, `Unsupported parameter: '${name}'`);
    }
    must(body.stop === undefined || isText(body.stop) || (Array.isArray(body.stop) && body.stop.length <= 4), "stop takes up to four texts");
    must(body.stream_options === undefined || body.stream === true, "stream_options without stream");
    const tools = body.tools ?? [];
    must(body.tools === undefined || (Array.isArray(tools) && tools.length > 0), "tools may not be empty");
    must(tools.length > 0 || (body.tool_choice === undefined && body.parallel_tool_calls === undefined), "tool_choice or parallel_tool_calls without tools");
    for (const tool of tools) {
      only(tool, ["type", "function"], "tool");
      must(tool.type === "function", `a tool of type ${tool.type}`);
      only(tool.function, ["name", "description", "parameters", "strict"], "tool.function");
      must(toolName.test(tool.function.name), `a tool's name: ${tool.function.name}`);
      must(tool.function.parameters === undefined || tool.function.parameters.type === "object", "parameters of a tool have to be an object");
    }
    const turns = new Turns();
    const system = [];
    const text = (content, where) => {
      if (isText(content)) return content;
      must(Array.isArray(content), `${where}.content is missing`);
      return content.map((part) => {
        only(part, ["type", "text"], `${where}.content[]`);
        must(part.type === "text" && isText(part.text), `${where} takes only text`);
        return part.text;
      }).join("");
    };
    for (const message of body.messages) {
      if (message.role === "system" || message.role === "developer") {
        only(message, ["role", "content", "name"], message.role);
        must(turns.open.length === 0, "a system message between calls and results");
        system.push(text(message.content, "system"));
      } else if (message.role === "user") {
        only(message, ["role", "content", "name"], "user");
        const parts = isText(message.content) ? [{ type: "text", text: message.content }] : message.content;
        must(Array.isArray(parts) && parts.length > 0, "user.content is missing");
        const images = [];
        let said = "";
        for (const part of parts) {
          only(part, part.type === "text" ? ["type", "text"] : ["type", "image_url"], "user.content[]");
          if (part.type === "text") said += part.text;
          else {
            must(part.type === "image_url", `a part of type ${part.type}`);
            only(part.image_url, ["url", "detail"], "image_url");
            images.push(dataUrl(part.image_url.url, "image_url.url"));
          }
        }
        turns.user(said, images);
      } else if (message.role === "assistant") {
        only(message, ["role", "content", "name", "refusal", "tool_calls", "audio", "reasoning_content", "parsed"], "assistant"); // the SDK adds `parsed`
        must(message.tool_calls === undefined || message.tool_calls.length > 0, "tool_calls may not be empty");
        const calls = (message.tool_calls ?? []).map((call) => {
          only(call, ["id", "type", "function", "extra_content"], "tool_call"); // Google's own place for a signature, which others pass over
          must(isText(call.id) && call.id.length > 0 && call.id.length <= 40, `tool_call.id ${call.id}`);
          only(call.function, ["name", "arguments", "parsed_arguments"], "tool_call.function");
          return { id: call.id, name: call.function.name, input: parsedArguments(call.function.arguments, "arguments") };
        });
        must(calls.length > 0 || message.content !== null, "assistant.content is null");
        turns.assistant(message.content === null || message.content === undefined ? "" : text(message.content, "assistant"), calls);
      } else {
        must(message.role === "tool", `role ${message.role}`);
        only(message, ["role", "content", "tool_call_id"], "tool");
        turns.results([failing({ id: message.tool_call_id, text: text(message.content, "tool") })]);
      }
    }
    const choice = body.tool_choice?.function?.name ?? { required: "any" }[body.tool_choice] ?? "auto";
    return { system: system.join("\n\n"), turns: turns.done(), choice, schema: body.response_format?.json_schema?.schema, tools: tools.map((tool) => tool.function.name), streams: body.stream === true, mostOutput: body.max_tokens ?? body.max_completion_tokens, thinks: body.reasoning_effort !== undefined, wantsUsage: body.stream_options?.include_usage === true };
  },
  usage: (line) => ({
    prompt_tokens: line.input, completion_tokens: line.output, total_tokens: line.input + line.output,
    prompt_tokens_details: { cached_tokens: line.cached }, completion_tokens_details: { reasoning_tokens: line.reasoning },
  }),
  finish: (reply) => (reply.isCutShort ? "length" : reply.calls.length ? "tool_calls" : "stop"),
  calls: (reply, number) => reply.calls.map((call, i) => ({ id: `call_${number}_${i}`, type: "function", function: { name: call.name, arguments: argumentsOf(call) } })),
  whole(reply, line) {
    const calls = chat.calls(reply, line.number);
    const message = { role: "assistant", content: reply.text.join("") || null };
    if (reply.thoughts.length) message.reasoning_content = reply.thoughts.join("");
    if (calls.length) message.tool_calls = calls;
    return { id: `chatcmpl-${line.number}`, object: "chat.completion", created: 1790000000, model: "served-chat", usage: chat.usage(line),
      choices: [{ index: 0, message, finish_reason: chat.finish(reply) }] };
  },
  events(reply, line, wantsUsage) {
    const head = { id: `chatcmpl-${line.number}`, object: "chat.completion.chunk", created: 1790000000, model: "served-chat" };
    const chunk = (delta, finish_reason = null) => sse("", { ...head, choices: [{ index: 0, delta, finish_reason }] });
    const calls = chat.calls(reply, line.number);
    const events = [chunk({ role: "assistant", content: "" })];
    for (const reasoning_content of reply.thoughts) events.push(chunk({ reasoning_content }));
    for (const content of reply.text) events.push(chunk({ content }));
    calls.forEach((call, index) => {
      events.push(chunk({ tool_calls: [{ index, ...call, function: { name: call.function.name, arguments: "" } }] }));
      for (const piece of call.function.arguments === "{}" ? [] : halves(call.function.arguments)) events.push(chunk({ tool_calls: [{ index, function: { arguments: piece } }] }));
    });
    const end = [chunk({}, chat.finish(reply))];
    if (wantsUsage) end.push(sse("", { ...head, choices: [], usage: chat.usage(line) }));
    return { events, end: [...end, sse("", "[DONE]")] };
  },
  error: (error) => ({ error: { message: error.message, type: error.type ?? "invalid_request_error", param: null, code: error.code ?? null } }),
  brokenEvent: (error) => sse("", chat.error(error)),
  errors: {
    limit: { status: 429, message: "Rate limit reached for requests", type: "requests", code: "rate_limit_exceeded" },
    context: { status: 400, message: "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.", code: "context_length_exceeded" },
    broken: { status: 500, message: "The server had an error while processing your request", type: "server_error" },
  },
};

// ---- OpenAI Responses

const responsesFields = ["model", "input", "background", "include", "instructions", "max_output_tokens", "max_tool_calls", "metadata", "parallel_tool_calls",
  "previous_response_id", "prompt", "prompt_cache_key", "prompt_cache_retention", "reasoning", "safety_identifier", "service_tier", "store", "stream",
  "stream_options", "temperature", "text", "tool_choice", "tools", "top_logprobs", "top_p", "truncation", "user", "client_metadata"];

const responses = {
  path: "/responses",
  read(body, issued) {
    only(body, responsesFields, "request");
    must(isText(body.model), "model is required");
    whole(body.max_output_tokens, "max_output_tokens", 16);
    number(body.temperature, "temperature", 0, 2);
    number(body.top_p, "top_p", 0, 1);
    if (/^gpt-5/.test(body.model)) for (const name of ["temperature", "top_p"]) must(body[name] === undefined || body[name] === 1, `Unsupported parameter: '${name}'`);
    must(body.stream_options === undefined || body.stream === true, "stream_options without stream");
    if (body.stream_options) only(body.stream_options, ["include_obfuscation"], "stream_options");
    for (const name of body.include ?? []) must(["reasoning.encrypted_content", "message.output_text.logprobs"].includes(name), `include ${name}`);
    if (body.reasoning) only(body.reasoning, ["effort", "summary", "context"], "reasoning");
    must(!body.previous_response_id, "Previous response not found");
    const tools = [...(body.tools ?? [])];
    for (const tool of tools) {
      if (tool.type !== "function") continue; // others are the vendor's own: a client of this protocol sent them
      only(tool, ["type", "name", "description", "parameters", "strict", "defer_loading"], "tool");
      must(toolName.test(tool.name), `a tool's name: ${tool.name}`);
      must(tool.parameters?.type === "object", "parameters of a tool have to be an object");
      const closed = tool.parameters.additionalProperties === false && Object.keys(tool.parameters.properties ?? {}).every((name) => tool.parameters.required?.includes(name));
      must(tool.strict === false || closed, `the tool ${tool.name} is strict, but its schema is not`);
    }
    const turns = new Turns();
    const system = body.instructions ? [body.instructions] : [];
    const items = isText(body.input) ? [{ role: "user", content: body.input }] : body.input;
    must(Array.isArray(items) && items.length > 0, "input is required");
    let said = null; // the assistant's turn that is being gathered
    let awaitsFollower = false;
    const gather = () => (said ??= { text: "", calls: [], states: [] });
    const flush = () => {
      must(!awaitsFollower, "a reasoning item without its required following item");
      if (said) turns.assistant(said.text, said.calls, said.states);
      said = null;
    };
    const parts = (content, kinds, where) => {
      if (isText(content)) return [{ type: kinds[0], text: content }];
      must(Array.isArray(content), `${where}.content is missing`);
      for (const part of content) must(kinds.includes(part.type), `${where} with a part of type ${part.type}`);
      return content;
    };
    const readInput = (content, where) => {
      const images = [];
      let text = "";
      for (const part of parts(content, ["input_text", "input_image"], where)) {
        only(part, part.type === "input_text" ? ["type", "text", "prompt_cache_breakpoint"] : ["type", "image_url", "detail"], `${where}.content[]`);
        if (part.type === "input_text") text += part.text;
        else images.push(dataUrl(part.image_url, "input_image.image_url"));
      }
      return { text, images };
    };
    for (const item of items) {
      const type = item.type ?? "message";
      const prefix = { message: "msg", function_call: "fc", function_call_output: "fc", reasoning: "rs" }[type] ?? "";
      must(!item.id || item.id.startsWith(prefix), `Invalid 'input[].id': '${item.id}'. Expected an ID that begins with '${prefix}'`);
      if (type === "message" && item.role === "assistant") {
        only(item, ["type", "id", "status", "role", "content", "phase"], "item");
        for (const part of parts(item.content, ["output_text", "refusal"], "assistant")) gather().text += part.text ?? part.refusal;
        awaitsFollower = false;
      } else if (type === "message") {
        flush();
        only(item, ["type", "id", "status", "role", "content"], "item");
        const { text, images } = readInput(item.content, item.role);
        if (item.role === "system" || item.role === "developer") system.push(text);
        else {
          must(item.role === "user", `role ${item.role}`);
          turns.user(text, images);
        }
      } else if (type === "function_call") {
        only(item, ["type", "id", "status", "call_id", "name", "arguments", "namespace", "parsed_arguments"], "function_call");
        must(isText(item.call_id) && item.call_id.length <= 64, `call_id ${item.call_id}`);
        gather().calls.push({ id: item.call_id, name: item.name, input: parsedArguments(item.arguments, "arguments") });
        awaitsFollower = false;
      } else if (type === "custom_tool_call") {
        only(item, ["type", "id", "status", "call_id", "name", "input", "namespace"], "custom_tool_call");
        must(isText(item.input), "custom_tool_call.input has to be a string");
        gather().calls.push({ id: item.call_id, name: item.name, input: { input: item.input } });
        awaitsFollower = false;
      } else if (type === "function_call_output" || type === "custom_tool_call_output") {
        flush();
        only(item, ["type", "id", "status", "call_id", "output"], type);
        turns.results([failing({ id: item.call_id, ...readInput(item.output, "output") })]);
      } else if (type === "reasoning") {
        only(item, ["type", "id", "status", "summary", "content", "encrypted_content"], "reasoning");
        must(Array.isArray(item.summary), "reasoning.summary is required");
        must(item.encrypted_content || !item.id || issued.has(item.id), `Item with id '${item.id}' not found`);
        must(!item.encrypted_content || issued.has(item.encrypted_content), "The encrypted content could not be verified");
        if (turns.list.at(-1)?.role !== "assistant" && said === null) gather();
        if (item.encrypted_content) gather().states.push(item.encrypted_content);
        awaitsFollower = true;
      } else if (type === "item_reference") {
        const stored = issued.get(item.id);
        must(stored, `Item with id '${item.id}' not found`);
        if (stored.type === "message") gather().text += stored.content[0].text;
        if (stored.type === "function_call") gather().calls.push({ id: stored.call_id, name: stored.name, input: JSON.parse(stored.arguments) });
        if (stored.type === "reasoning") gather().states.push(stored.encrypted_content);
        awaitsFollower = stored.type === "reasoning";
      } else {
        must(type === "additional_tools", `an item of type ${type}`);
        tools.push(...item.tools);
      }
    }
    flush();
    const inAll = tools.flatMap((tool) => (tool.type === "namespace" ? tool.tools.map((each) => ({ ...each, namespace: tool.name })) : [tool]));
    const choice = body.tool_choice?.name ?? { required: "any" }[body.tool_choice] ?? "auto";
    return { system: system.join("\n\n"), turns: turns.done(), choice, schema: body.text?.format?.schema, tools: inAll.map((tool) => tool.name ?? tool.type),
      customs: inAll.filter((tool) => tool.type === "custom"), streams: body.stream === true, mostOutput: body.max_output_tokens, thinks: Boolean(body.reasoning?.effort || body.reasoning?.summary), wantsUsage: true };
  },
  usage: (line) => ({
    input_tokens: line.input, input_tokens_details: { cached_tokens: line.cached }, output_tokens: line.output,
    output_tokens_details: { reasoning_tokens: line.reasoning }, total_tokens: line.input + line.output,
  }),
  items(reply, line, issued) {
    const items = [];
    if (reply.thoughts.length) {
      const id = `rs_${line.number}`;
      const encrypted_content = `enc-${line.number}-opaque+/=`;
      issued.set(encrypted_content, true);
      items.push({ id, type: "reasoning", summary: [{ type: "summary_text", text: reply.thoughts.join("") }], encrypted_content });
    }
    if (reply.text.length) {
      items.push({ id: `msg_${line.number}`, type: "message", status: "completed", role: "assistant", content: [{ type: "output_text", text: reply.text.join(""), annotations: [] }] });
    }
    reply.calls.forEach((call, i) => {
      const { custom } = call; // the tool as the client told it
      if (custom) items.push({ id: `ctc_${line.number}_${i}`, type: "custom_tool_call", status: "completed", call_id: `call_${line.number}_${i}`, name: call.name, input: call.input.input,
        ...(custom.namespace ? { namespace: custom.namespace } : {}) });
      else items.push({ id: `fc_${line.number}_${i}`, type: "function_call", status: "completed", call_id: `call_${line.number}_${i}`, name: call.name, arguments: argumentsOf(call) });
    });
    for (const item of items) issued.set(item.id, item);
    return items;
  },
  response: (line, rest) => ({ id: `resp_${line.number}`, object: "response", created_at: 1790000000, model: "served-responses", error: null, incomplete_details: null, ...rest }),
  whole(reply, line, issued) {
    return responses.response(line, { status: reply.isCutShort ? "incomplete" : "completed", incomplete_details: reply.isCutShort ? { reason: "max_output_tokens" } : null,
      output: responses.items(reply, line, issued), usage: responses.usage(line) });
  },
  events(reply, line, _, issued) {
    let sequence_number = 0;
    const event = (type, rest) => sse(type, { type, sequence_number: sequence_number++, ...rest });
    const started = responses.response(line, { status: "in_progress", output: [], usage: null });
    const events = [event("response.created", { response: started }), event("response.in_progress", { response: started })];
    const items = responses.items(reply, line, issued);
    items.forEach((item, output_index) => {
      const place = { item_id: item.id, output_index };
      if (item.type === "reasoning") {
        const summary = { ...place, summary_index: 0 };
        events.push(event("response.output_item.added", { output_index, item: { id: item.id, type: "reasoning", summary: [] } }),
          event("response.reasoning_summary_part.added", { ...summary, part: { type: "summary_text", text: "" } }));
        for (const delta of reply.thoughts) events.push(event("response.reasoning_summary_text.delta", { ...summary, delta }));
        events.push(event("response.reasoning_summary_text.done", { ...summary, text: item.summary[0].text }), event("response.reasoning_summary_part.done", { ...summary, part: item.summary[0] }));
      } else if (item.type === "message") {
        const part = { ...place, content_index: 0 };
        events.push(event("response.output_item.added", { output_index, item: { ...item, status: "in_progress", content: [] } }),
          event("response.content_part.added", { ...part, part: { type: "output_text", text: "", annotations: [] } }));
        for (const delta of reply.text) events.push(event("response.output_text.delta", { ...part, delta }));
        events.push(event("response.output_text.done", { ...part, text: item.content[0].text }), event("response.content_part.done", { ...part, part: item.content[0] }));
      } else if (item.type === "custom_tool_call") {
        events.push(event("response.output_item.added", { output_index, item: { ...item, status: "in_progress", input: "" } }));
        for (const delta of halves(item.input)) events.push(event("response.custom_tool_call_input.delta", { ...place, delta }));
        events.push(event("response.custom_tool_call_input.done", { ...place, input: item.input }));
      } else {
        events.push(event("response.output_item.added", { output_index, item: { ...item, status: "in_progress", arguments: "" } }));
        for (const delta of halves(item.arguments)) events.push(event("response.function_call_arguments.delta", { ...place, delta }));
        events.push(event("response.function_call_arguments.done", { ...place, name: item.name, arguments: item.arguments }));
      }
      events.push(event("response.output_item.done", { output_index, item }));
    });
    const response = responses.whole(reply, line, issued);
    return { events, end: [event(`response.${response.status}`, { response })], event };
  },
  error: chat.error,
  brokenEvent: (error, line, event) => event("response.failed", { response: responses.response(line, { status: "failed", output: [], error: { code: "server_error", message: error.message } }) }),
  errors: {
    ...chat.errors,
    context: { status: 400, message: "Your input exceeds the context window of this model. Please adjust your input and try again.", code: "context_length_exceeded" },
  },
};

// ---- Anthropic Messages

const anthropicFields = ["model", "messages", "max_tokens", "system", "metadata", "stop_sequences", "stream", "temperature", "thinking", "tool_choice", "tools", "top_k",
  "top_p", "service_tier", "output_config"];
const betaFields = ["context_management", "container", "mcp_servers", "safeguards", "speed"];

const anthropic = {
  path: "/messages",
  read(body, issued, headers) {
    must(headers["anthropic-version"], "anthropic-version: header is required");
    only(body, headers["anthropic-beta"] ? [...anthropicFields, ...betaFields] : anthropicFields, "request");
    must(isText(body.model), "model: Field required");
    must(Number.isInteger(body.max_tokens) && body.max_tokens >= 1, "max_tokens: Field required");
    number(body.temperature, "temperature", 0, 1);
    const thinks = body.thinking !== undefined && body.thinking.type !== "disabled";
    if (body.thinking) {
      only(body.thinking, ["type", "budget_tokens", "display"], "thinking");
      must(["enabled", "disabled", "adaptive"].includes(body.thinking.type), `thinking.type ${body.thinking.type}`);
      if (body.thinking.type === "enabled") must(body.thinking.budget_tokens >= 1024 && body.thinking.budget_tokens < body.max_tokens, "thinking.budget_tokens has to be at least 1024 and less than max_tokens");
      if (thinks) must((body.temperature ?? 1) === 1 && body.top_k === undefined, "temperature and top_k may not be set while thinking");
      if (thinks) must(["auto", "none", undefined].includes(body.tool_choice?.type), "a forced tool while thinking");
    }
    if (/claude-opus-4-8/.test(body.model)) {
      must(body.thinking?.type !== "enabled", "thinking.type.enabled is not supported for this model; use thinking.type.adaptive");
      for (const name of ["temperature", "top_p", "top_k"]) must(body[name] === undefined, `${name} is not supported for this model`);
    }
    if (body.output_config) only(body.output_config, ["effort", "format"], "output_config");
    const tools = body.tools ?? [];
    must(tools.length > 0 || body.tool_choice === undefined, "tool_choice may only be specified while providing tools");
    for (const tool of tools) {
      if (tool.type !== undefined && tool.type !== "custom") continue;
      only(tool, ["type", "name", "description", "input_schema", "cache_control", "strict", "defer_loading", "eager_input_streaming", "input_examples"], "tool");
      must(/^[A-Za-z0-9_-]{1,128}$/.test(tool.name), `a tool's name: ${tool.name}`);
      must(tool.input_schema?.type === "object", "tools.input_schema.type: Field required");
    }
    let marks = 0;
    JSON.stringify(body, (name, value) => {
      if (name === "cache_control" && value) marks += 1;
      return value;
    });
    must(marks <= 4, `a maximum of 4 blocks with cache_control may be provided, found ${marks}`);
    must(Array.isArray(body.messages) && body.messages.length > 0, "messages: at least one message is required");
    const system = isText(body.system) ? [body.system] : (body.system ?? []).map((block) => {
      only(block, ["type", "text", "cache_control", "citations"], "system[]");
      must(block.type === "text" && block.text.length > 0, "system: text content blocks must be non-empty");
      return block.text;
    });
    const turns = new Turns();
    const seen = new Set();
    let before = "";
    body.messages.forEach((message, position) => {
      only(message, ["role", "content"], "message");
      const isMidSystem = message.role === "system" && headers["anthropic-beta"];
      must(["user", "assistant"].includes(message.role) || isMidSystem, `messages: unexpected role "${message.role}"`);
      must(message.role !== before, "messages: roles must alternate");
      must(before !== "" || message.role === "user", "messages: first message must use the user role");
      before = message.role;
      const blocks = isText(message.content) ? [{ type: "text", text: message.content }] : message.content;
      must(Array.isArray(blocks) && (blocks.length > 0), "messages: content may not be empty");
      const turn = { text: "", images: [], calls: [], states: [], results: [] };
      blocks.forEach((block, place) => {
        const mark = ["type", "cache_control"];
        if (block.type === "text") {
          only(block, [...mark, "text", "citations"], "text");
          must(isText(block.text) && block.text.trim().length > 0, "messages: text content blocks must contain non-whitespace text");
          turn.text += block.text;
        } else if (block.type === "image") {
          only(block, [...mark, "source"], "image");
          only(block.source, ["type", "media_type", "data"], "source");
          must(message.role === "user" && block.source.type === "base64", "an image as base64 of the user is expected");
          turn.images.push(image(block.source.media_type, block.source.data, "image"));
        } else if (block.type === "tool_use") {
          only(block, [...mark, "id", "name", "input", "caller"], "tool_use");
          must(message.role === "assistant" && isObject(block.input), "tool_use.input: Input should be a valid dictionary");
          must(/^[A-Za-z0-9_-]+$/.test(block.id) && !seen.has(block.id), `tool_use.id: ${block.id}`);
          seen.add(block.id);
          turn.calls.push({ id: block.id, name: block.name, input: block.input });
        } else if (block.type === "tool_result") {
          only(block, [...mark, "tool_use_id", "content", "is_error"], "tool_result");
          must(message.role === "user" && place === turn.results.length, "tool_result blocks have to come first");
          const content = isText(block.content ?? "") ? [{ type: "text", text: block.content ?? "" }] : block.content;
          turn.results.push({ id: block.tool_use_id, text: content.map((part) => part.text ?? "").join(""), isError: block.is_error === true,
            images: content.filter((part) => part.type === "image").map((part) => image(part.source.media_type, part.source.data, "image in tool_result")) });
        } else if (block.type === "thinking" || block.type === "redacted_thinking") {
          must(message.role === "assistant" && turn.calls.length === 0, "thinking behind a call");
          only(block, block.type === "thinking" ? ["type", "thinking", "signature"] : ["type", "data"], block.type);
          must(issued.has(block.signature ?? block.data), "Invalid `signature` in `thinking` block");
          turn.states.push(block.signature ?? block.data);
        } else throw new Refusal(`messages: a block of type ${block.type}`);
      });
      if (isMidSystem) return system.push(turn.text);
      if (message.role === "assistant") {
        must(position + 1 < body.messages.length || turn.text === turn.text.trimEnd(), "final assistant content cannot end with trailing whitespace");
        turns.assistant(turn.text, turn.calls, turn.states);
      } else {
        if (turn.results.length) turns.results(turn.results);
        if (turn.text || turn.images.length) turns.user(turn.text, turn.images);
      }
    });
    const list = turns.done();
    if (body.thinking?.type === "enabled" && list.at(-1).role === "results") must(list.at(-2).states.length > 0, "Expected `thinking` or `redacted_thinking`, but found `tool_use`");
    const choice = body.tool_choice?.name ?? body.tool_choice?.type ?? "auto";
    return { system: system.join("\n\n"), turns: list, choice, schema: body.output_config?.format?.schema, tools: tools.map((tool) => tool.name), streams: body.stream === true, mostOutput: body.max_tokens, thinks, wantsUsage: true };
  },
  usage: (line) => ({ input_tokens: line.input - line.cached, cache_read_input_tokens: line.cached, cache_creation_input_tokens: 0, output_tokens: line.output,
    output_tokens_details: { thinking_tokens: line.reasoning } }),
  content(reply, line, issued) {
    const content = [];
    if (reply.thoughts.length) {
      const signature = Buffer.from(`signed by anthropic ${line.number}`).toString("base64");
      issued.set(signature, true);
      content.push({ type: "thinking", thinking: reply.thoughts.join(""), signature });
    }
    if (reply.text.length) content.push({ type: "text", text: reply.text.join("") });
    reply.calls.forEach((call, i) => content.push({ type: "tool_use", id: `toolu_${line.number}_${i}`, name: call.name, input: call.input }));
    return content;
  },
  whole(reply, line, issued) {
    return { id: `msg_${line.number}`, type: "message", role: "assistant", model: "served-anthropic", content: anthropic.content(reply, line, issued),
      stop_reason: reply.isCutShort ? "max_tokens" : reply.calls.length ? "tool_use" : "end_turn", stop_sequence: null, usage: anthropic.usage(line) };
  },
  events(reply, line, _, issued) {
    const event = (type, rest = {}) => sse(type, { type, ...rest });
    const message = anthropic.whole(reply, line, issued);
    const events = [event("message_start", { message: { ...message, content: [], stop_reason: null, usage: { ...message.usage, output_tokens: 1, output_tokens_details: null } } }), event("ping")];
    message.content.forEach((block, index) => {
      const empty = { thinking: { type: "thinking", thinking: "", signature: "" }, text: { type: "text", text: "" }, tool_use: { ...block, input: {} } }[block.type];
      events.push(event("content_block_start", { index, content_block: empty }));
      const deltas = { thinking: () => [...reply.thoughts.map((thinking) => ({ type: "thinking_delta", thinking })), { type: "signature_delta", signature: block.signature }],
        text: () => reply.text.map((text) => ({ type: "text_delta", text })),
        tool_use: () => (argumentsOf(block) === "{}" ? [""] : ["", ...halves(argumentsOf(block))]).map((partial_json) => ({ type: "input_json_delta", partial_json })) }[block.type]();
      for (const delta of deltas) events.push(event("content_block_delta", { index, delta }));
      events.push(event("content_block_stop", { index }));
    });
    return { events, end: [event("message_delta", { delta: { stop_reason: message.stop_reason, stop_sequence: null }, usage: message.usage }), event("message_stop")] };
  },
  error: (error) => ({ type: "error", error: { type: error.type ?? "invalid_request_error", message: error.message }, request_id: "req_stand_in" }),
  brokenEvent: (error) => sse("error", anthropic.error(error)),
  errors: {
    limit: { status: 429, message: "This request would exceed your rate limit", type: "rate_limit_error" },
    context: { status: 400, message: "prompt is too long: 210000 tokens > 200000 maximum" },
    broken: { status: 529, message: "Overloaded", type: "overloaded_error" },
  },
};

// ---- Gemini

const generationFields = ["candidateCount", "stopSequences", "responseMimeType", "responseModalities", "thinkingConfig", "temperature", "topP", "topK", "maxOutputTokens",
  "responseLogprobs", "logprobs", "presencePenalty", "frequencyPenalty", "seed", "responseSchema", "responseJsonSchema", "mediaResolution", "speechConfig"];

const gemini = {
  path: "Content",
  read(body, issued, headers, url) {
    only(body, ["contents", "systemInstruction", "tools", "toolConfig", "safetySettings", "generationConfig", "cachedContent", "labels", "serviceTier", "store"], "request");
    must(Array.isArray(body.contents) && body.contents.length > 0, "contents is not specified");
    const config = body.generationConfig ?? {};
    only(config, generationFields, "generation_config");
    whole(config.maxOutputTokens, "maxOutputTokens", 1);
    number(config.temperature, "temperature", 0, 2);
    if (config.thinkingConfig) only(config.thinkingConfig, ["includeThoughts", "thinkingBudget", "thinkingLevel"], "thinking_config");
    if (body.toolConfig) only(body.toolConfig, ["functionCallingConfig", "retrievalConfig"], "tool_config");
    if (body.toolConfig?.functionCallingConfig) only(body.toolConfig.functionCallingConfig, ["mode", "allowedFunctionNames"], "function_calling_config");
    const declarations = (body.tools ?? []).flatMap((tool) => {
      only(tool, ["functionDeclarations", "googleSearch", "codeExecution", "urlContext"], "tools[]");
      return tool.functionDeclarations ?? [];
    });
    for (const tool of declarations) {
      only(tool, ["name", "description", "parameters", "parametersJsonSchema", "response", "responseJsonSchema", "behavior"], "function_declarations[]");
      must(/^[A-Za-z_][A-Za-z0-9_.:-]{0,127}$/.test(tool.name), `a function's name: ${tool.name}`);
      must(tool.parameters === undefined || tool.parametersJsonSchema === undefined, "parameters beside parametersJsonSchema");
    }
    const turns = new Turns();
    let calls = [];
    let lastRole = "";
    body.contents.forEach((content, position) => {
      only(content, ["role", "parts"], "contents[]");
      const role = content.role ?? "user";
      must(["user", "model"].includes(role), `Please use a valid role: user, model. Not ${role}`);
      must(position > 0 || role === "user", "the first content has to be the user's");
      must(Array.isArray(content.parts) && content.parts.length > 0, "contents.parts must not be empty");
      const turn = { text: "", images: [], calls: [], states: [], results: [] };
      content.parts.forEach((part, place) => {
        only(part, ["text", "inlineData", "functionCall", "functionResponse", "thought", "thoughtSignature", "fileData"], "parts[]");
        const kinds = ["text", "inlineData", "functionCall", "functionResponse", "fileData"].filter((name) => part[name] !== undefined);
        must(kinds.length === 1, `a part has to have exactly one kind of data, not ${kinds}`);
        if (part.thoughtSignature !== undefined) {
          must(part.thoughtSignature === "skip_thought_signature_validator" || issued.has(part.thoughtSignature), "Corrupted thought signature");
          turn.states.push(part.thoughtSignature);
        }
        if (part.text !== undefined && !part.thought) turn.text += part.text;
        if (part.inlineData) {
          only(part.inlineData, ["mimeType", "data", "displayName"], "inline_data");
          turn.images.push(image(part.inlineData.mimeType, part.inlineData.data, "inline_data"));
        }
        if (part.functionCall) {
          only(part.functionCall, ["id", "name", "args"], "function_call");
          must(role === "model" && isObject(part.functionCall.args ?? {}), "function_call.args");
          turn.calls.push({ id: `${position}-${place}`, name: part.functionCall.name, input: part.functionCall.args ?? {} });
        }
        if (part.functionResponse) {
          only(part.functionResponse, ["id", "name", "response", "parts"], "function_response");
          must(role === "user" && isObject(part.functionResponse.response), "function_response.response has to be an object");
          const response = part.functionResponse.response;
          turn.results.push({ name: part.functionResponse.name, isError: response.error !== undefined, text: [response.output, response.error].find(isText) ?? JSON.stringify(response),
            images: (part.functionResponse.parts ?? []).map(({ inlineData }) => image(inlineData.mimeType, inlineData.data, "function_response.parts[]")) });
        }
      });
      if (role === "model") {
        must(turn.calls.length === 0 || lastRole === "user", "a function call turn has to come after a user turn or a function response turn");
        turns.assistant(turn.text, turn.calls, turn.states);
        calls = turn.calls;
      } else {
        if (turn.results.length || calls.length) {
          must(turn.results.length === calls.length, "the number of function response parts has to equal the number of function call parts of the function call turn");
          turns.results(turn.results.map((result, i) => {
            must(result.name === calls[i].name, `a response of ${result.name} where ${calls[i].name} was called`);
            return { ...result, id: calls[i].id };
          }));
        }
        calls = [];
        if (turn.text || turn.images.length) turns.user(turn.text, turn.images);
      }
      lastRole = role;
    });
    if (/gemini-3/.test(url)) {
      // Every step of the current turn has its signature on the first call.
      const start = body.contents.findLastIndex((content) => content.parts.some((part) => part.text !== undefined) && (content.role ?? "user") === "user");
      for (const { parts } of body.contents.slice(start + 1)) {
        const first = parts.find((part) => part.functionCall);
        must(!first || first.thoughtSignature, "Function call is missing a thought_signature in functionCall parts");
      }
      must(config.thinkingConfig?.thinkingBudget === undefined || config.thinkingConfig.thinkingLevel === undefined, "thinking_budget beside thinking_level");
    }
    if (body.systemInstruction) only(body.systemInstruction, ["role", "parts"], "system_instruction");
    const system = (body.systemInstruction?.parts ?? []).map((part) => part.text).join("\n\n");
    const calling = body.toolConfig?.functionCallingConfig ?? {};
    const choice = calling.mode === "ANY" ? calling.allowedFunctionNames?.[0] ?? "any" : "auto";
    return { system, turns: turns.done(), choice, schema: config.responseJsonSchema ?? config.responseSchema, tools: declarations.map((tool) => tool.name), streams: url.includes(":streamGenerateContent"), mostOutput: config.maxOutputTokens, thinks: config.thinkingConfig?.includeThoughts === true, wantsUsage: true };
  },
  usage: (line) => ({ promptTokenCount: line.input, cachedContentTokenCount: line.cached, candidatesTokenCount: line.output - line.reasoning,
    thoughtsTokenCount: line.reasoning, totalTokenCount: line.input + line.output }),
  finish: (reply) => (reply.isCutShort ? "MAX_TOKENS" : "STOP"),
  parts(reply, line, issued) {
    const parts = [...reply.thoughts.map((text) => ({ text, thought: true })), ...reply.text.map((text) => ({ text })),
      ...reply.calls.map((call) => ({ functionCall: { name: call.name, ...(argumentsOf(call) === "{}" ? {} : { args: call.input }) } }))];
    if (reply.thoughts.length) {
      const signature = Buffer.from(`signed by gemini ${line.number}`).toString("base64");
      issued.set(signature, true);
      (parts.find((part) => part.functionCall) ?? parts.at(-1)).thoughtSignature = signature;
    }
    return parts;
  },
  reply: (parts, line, finishReason) => ({ candidates: [{ index: 0, content: { role: "model", parts }, ...(finishReason ? { finishReason } : {}) }], modelVersion: "served-gemini",
    responseId: `g${line.number}`, usageMetadata: finishReason ? gemini.usage(line) : { promptTokenCount: line.input, totalTokenCount: line.input } }),
  whole: (reply, line, issued) => gemini.reply(gemini.parts(reply, line, issued), line, gemini.finish(reply)),
  events(reply, line, _, issued) {
    const parts = gemini.parts(reply, line, issued);
    const last = parts.pop();
    return { events: parts.map((part) => sse("", gemini.reply([part], line))), end: [sse("", gemini.reply([last], line, gemini.finish(reply)))] };
  },
  error: (error) => ({ error: { code: error.status, message: error.message, status: error.type ?? "INVALID_ARGUMENT", ...(error.details ? { details: error.details } : {}) } }),
  brokenEvent: (error) => sse("", gemini.error(error)),
  errors: {
    limit: { status: 429, message: "Resource has been exhausted (e.g. check quota).", type: "RESOURCE_EXHAUSTED", details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "7s" }] },
    context: { status: 400, message: "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)." },
    broken: { status: 503, message: "The model is overloaded. Please try again later.", type: "UNAVAILABLE" },
  },
};

export const dialects = { "openai-chat": chat, "openai-responses": responses, anthropic, gemini };
