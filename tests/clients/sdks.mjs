// The vendors' SDKs behind one face: `ask({model, system, turns, tools, choice, schema, thinks, temperature, stream})` answers {text, thoughts, calls,
// usage, replay, isCutShort} or throws the SDK's own error. Turns are {user, image?}, {replay}, {results: [{call, text, image?, isError?}]}; `errorOf` tells a thrown
// error as {status, kind, message, retryAfter}.

import assert from "node:assert/strict";
import Anthropic from "@anthropic-ai/sdk";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { GoogleGenAI } from "@google/genai";
import { generateText, jsonSchema, streamText, tool } from "ai";
import OpenAI from "openai";
import { collect } from "./checks.mjs";

const dataUrl = (image) => `data:${image.mime};base64,${image.data}`;
const maxOut = 4096;

/// The failure that an SDK hands over as an event instead of throwing it.
export class ToldFailure extends Error {}

function openaiChat(base, apiKey) {
  const openai = new OpenAI({ baseURL: `${base}/v1`, apiKey, maxRetries: 0 });
  const messageOf = (turn) => {
    if (turn.user) return [{ role: "user", content: turn.image ? [{ type: "text", text: turn.user }, { type: "image_url", image_url: { url: dataUrl(turn.image) } }] : turn.user }];
    if (turn.replay) return [turn.replay];
    return turn.results.map(({ call, text }) => ({ role: "tool", tool_call_id: call.id, content: text }));
  };
  return {
    dialect: "openai-chat",
    async ask({ model, system, turns, tools, choice, schema, thinks, temperature, stream }) {
      const request = { model, max_completion_tokens: maxOut, messages: [...(system ? [{ role: "system", content: system }] : []), ...turns.flatMap(messageOf)],
        ...(tools ? { tools: tools.map((tool) => ({ type: "function", function: { name: tool.name, description: tool.description, parameters: tool.schema } })) } : {}),
        ...(temperature ? { temperature } : {}),
        ...(choice ? { tool_choice: { type: "function", function: { name: choice } } } : {}),
        ...(schema ? { response_format: { type: "json_schema", json_schema: { name: "wanted", schema, strict: true } } } : {}),
        ...(thinks ? { reasoning_effort: "medium" } : {}) };
      let message, usage, thoughts, finish;
      if (stream) {
        const runner = openai.chat.completions.stream({ ...request, stream_options: { include_usage: true } });
        const details = [];
        thoughts = "";
        runner.on("chunk", (chunk) => {
          thoughts += chunk.choices[0]?.delta?.reasoning_content ?? "";
          details.push(...(chunk.choices[0]?.delta?.reasoning_details ?? []));
        });
        runner.on("chunk", (chunk) => { finish = chunk.choices[0]?.finish_reason ?? finish; });
        const done = await runner.finalChatCompletion();
        const { content, tool_calls } = done.choices[0].message;
        message = { role: "assistant", content, ...(tool_calls ? { tool_calls: tool_calls.map((call) => ({ ...call, function: { name: call.function.name, arguments: call.function.arguments || "{}" } })) } : {}) };
        if (details.length) message.reasoning_details = details;
        usage = done.usage;
      } else {
        const done = await openai.chat.completions.create(request);
        ({ message, finish_reason: finish } = done.choices[0]);
        ({ usage } = done);
        thoughts = message.reasoning_content ?? "";
        // What an upstream of the same protocol would not take back.
        message = { ...message };
        delete message.reasoning_content;
      }
      return { text: message.content ?? "", thoughts, replay: message, isCutShort: finish === "length", calls: (message.tool_calls ?? []).map((call) => ({ id: call.id, name: call.function.name, input: JSON.parse(call.function.arguments || "{}") })),
        usage: { input: usage.prompt_tokens, cached: usage.prompt_tokens_details.cached_tokens, output: usage.completion_tokens, reasoning: usage.completion_tokens_details.reasoning_tokens } };
    },
    errorOf: (error) => ({ status: error.status, kind: error.code, message: error.message, retryAfter: error.headers?.get("retry-after") }),
  };
}

function openaiResponses(base, apiKey) {
  const openai = new OpenAI({ baseURL: `${base}/v1`, apiKey, maxRetries: 0 });
  const itemsOf = (turn) => {
    if (turn.user) return [{ role: "user", content: [{ type: "input_text", text: turn.user }, ...(turn.image ? [{ type: "input_image", image_url: dataUrl(turn.image), detail: "auto" }] : [])] }];
    if (turn.replay) return turn.replay;
    return turn.results.map(({ call, text, image }) => ({ type: "function_call_output", call_id: call.id,
      output: image ? [{ type: "input_text", text }, { type: "input_image", image_url: dataUrl(image), detail: "auto" }] : text }));
  };
  return {
    dialect: "openai-responses",
    client: openai,
    async ask({ model, system, turns, tools, choice, schema, thinks, temperature, stream }) {
      const request = { model, max_output_tokens: maxOut, store: false, input: turns.flatMap(itemsOf), ...(system ? { instructions: system } : {}),
        ...(tools ? { tools: tools.map((tool) => ({ type: "function", name: tool.name, description: tool.description, parameters: tool.schema, strict: false })) } : {}),
        ...(temperature ? { temperature } : {}),
        ...(choice ? { tool_choice: { type: "function", name: choice } } : {}),
        ...(schema ? { text: { format: { type: "json_schema", name: "wanted", schema, strict: true } } } : {}),
        ...(thinks ? { reasoning: { effort: "medium", summary: "auto" }, include: ["reasoning.encrypted_content"] } : {}) };
      let response;
      if (stream) {
        const events = await collect(await openai.responses.create({ ...request, stream: true }));
        const failure = events.find((event) => event.type === "response.failed" || event.type === "error");
        const ends = events.filter((event) => ["response.completed", "response.incomplete", "response.failed"].includes(event.type));
        assert.ok(ends.length === 1 && events.at(-1) === ends[0], `the stream's last events are ${events.slice(-2).map((event) => event.type)}`);
        if (failure) throw new ToldFailure(failure.response?.error.message ?? failure.message);
        events.forEach((event, i) => {
          if (event.sequence_number !== i) throw new Error(`event ${i} has the number ${event.sequence_number}`);
        });
        response = events.at(-1).response;
        const deltas = events.filter((event) => event.type === "response.output_text.delta").map((event) => event.delta).join("");
        const whole = response.output.flatMap((item) => (item.type === "message" ? item.content.map((part) => part.text) : [])).join("");
        if (deltas !== whole) throw new Error(`streamed "${deltas}", but the whole is "${whole}"`);
      } else response = await openai.responses.create(request);
      const { output, usage } = response;
      return { replay: output, isCutShort: response.status === "incomplete" && response.incomplete_details.reason === "max_output_tokens", text: output.flatMap((item) => (item.type === "message" ? item.content.map((part) => part.text) : [])).join(""),
        thoughts: output.flatMap((item) => (item.type === "reasoning" ? item.summary.map((part) => part.text) : [])).join(""),
        calls: output.filter((item) => item.type === "function_call").map((item) => ({ id: item.call_id, name: item.name, input: JSON.parse(item.arguments) })),
        usage: { input: usage.input_tokens, cached: usage.input_tokens_details.cached_tokens, output: usage.output_tokens, reasoning: usage.output_tokens_details.reasoning_tokens } };
    },
    errorOf: (error) => ({ status: error.status, kind: error.code, message: error.message, retryAfter: error.headers?.get("retry-after") }),
  };
}

function anthropic(base, apiKey) {
  const client = new Anthropic({ baseURL: base, apiKey, maxRetries: 0 });
  const messageOf = (turn) => {
    if (turn.user) return { role: "user", content: turn.image ? [{ type: "text", text: turn.user }, { type: "image", source: { type: "base64", media_type: turn.image.mime, data: turn.image.data } }] : turn.user };
    if (turn.replay) return { role: "assistant", content: turn.replay };
    return { role: "user", content: turn.results.map(({ call, text, image, isError }) => ({ type: "tool_result", tool_use_id: call.id, ...(isError ? { is_error: true } : {}),
      content: image ? [{ type: "text", text }, { type: "image", source: { type: "base64", media_type: image.mime, data: image.data } }] : text })) };
  };
  return {
    dialect: "anthropic",
    async ask({ model, system, turns, tools, choice, schema, thinks, temperature, stream }) {
      const request = { model, max_tokens: maxOut, messages: turns.map(messageOf), ...(system ? { system } : {}),
        ...(tools ? { tools: tools.map((tool) => ({ name: tool.name, description: tool.description, input_schema: tool.schema })) } : {}),
        ...(temperature ? { temperature } : {}),
        ...(choice ? { tool_choice: { type: "tool", name: choice } } : {}),
        ...(schema ? { output_config: { format: { type: "json_schema", schema } } } : {}),
        ...(thinks ? { thinking: { type: "enabled", budget_tokens: 2048 } } : {}) };
      const { content, usage, stop_reason } = stream ? await client.messages.stream(request).finalMessage() : await client.messages.create(request);
      return { replay: content, isCutShort: stop_reason === "max_tokens", text: content.map((block) => block.text ?? "").join(""), thoughts: content.map((block) => block.thinking ?? "").join(""),
        calls: content.filter((block) => block.type === "tool_use"),
        usage: { input: usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens, cached: usage.cache_read_input_tokens, output: usage.output_tokens,
          reasoning: usage.output_tokens_details?.thinking_tokens } };
    },
    errorOf: (error) => ({ status: error.status, kind: error.error?.error?.type, message: error.error?.error?.message ?? error.message, retryAfter: error.headers?.get("retry-after") }),
  };
}

function genai(base, apiKey) {
  const google = new GoogleGenAI({ apiKey, httpOptions: { baseUrl: base } });
  const contentOf = (turn) => {
    if (turn.user) return { role: "user", parts: [{ text: turn.user }, ...(turn.image ? [{ inlineData: { mimeType: turn.image.mime, data: turn.image.data } }] : [])] };
    if (turn.replay) return { role: "model", parts: turn.replay };
    return { role: "user", parts: turn.results.map(({ call, text, image, isError }) => ({ functionResponse: { ...(call.id ? { id: call.id } : {}), name: call.name,
      response: { [isError ? "error" : "output"]: text }, ...(image ? { parts: [{ inlineData: { mimeType: image.mime, data: image.data } }] } : {}) } })) };
  };
  return {
    dialect: "gemini",
    async ask({ model, system, turns, tools, choice, schema, thinks, temperature, stream }) {
      const request = { model, contents: turns.map(contentOf), config: { maxOutputTokens: maxOut, ...(system ? { systemInstruction: system } : {}),
        ...(tools ? { tools: [{ functionDeclarations: tools.map((tool) => ({ name: tool.name, description: tool.description, parametersJsonSchema: tool.schema })) }] } : {}),
        ...(temperature ? { temperature } : {}),
        ...(choice ? { toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: [choice] } } } : {}),
        ...(schema ? { responseMimeType: "application/json", responseJsonSchema: schema } : {}),
        ...(thinks ? { thinkingConfig: { includeThoughts: true, thinkingBudget: 2048 } } : {}) } };
      const chunks = stream ? await collect(await google.models.generateContentStream(request)) : [await google.models.generateContent(request)];
      const last = chunks.at(-1);
      if (!last?.candidates?.[0].finishReason) throw new Error("no finishReason, and no error");
      const parts = chunks.flatMap((chunk) => chunk.candidates?.[0].content?.parts ?? []);
      const usage = last.usageMetadata;
      return { replay: parts, isCutShort: last.candidates[0].finishReason === "MAX_TOKENS", text: parts.map((part) => (part.thought ? "" : part.text ?? "")).join(""), thoughts: parts.map((part) => (part.thought ? part.text : "")).join(""),
        calls: parts.filter((part) => part.functionCall).map(({ functionCall: { id, name, args } }) => ({ id, name, input: args ?? {} })),
        usage: { input: usage.promptTokenCount, cached: usage.cachedContentTokenCount ?? 0, output: usage.candidatesTokenCount + (usage.thoughtsTokenCount ?? 0), reasoning: usage.thoughtsTokenCount ?? 0 } };
    },
    errorOf(error) {
      const told = JSON.parse(/\{.*\}/s.exec(error.message)?.[0] ?? "{}").error;
      return { status: error.status, kind: told?.status, message: told?.message ?? error.message,
        retryAfter: told?.details?.find((detail) => detail["@type"]?.endsWith("RetryInfo"))?.retryDelay.replace("s", "") };
    },
  };
}

/// The ai package over one of its providers.
function aiSdk(dialect, model, providerOptions) {
  const messageOf = (turn) => {
    if (turn.user) return [{ role: "user", content: [{ type: "text", text: turn.user }, ...(turn.image ? [{ type: "file", data: turn.image.data, mediaType: turn.image.mime }] : [])] }];
    if (turn.replay) return turn.replay;
    return [{ role: "tool", content: turn.results.map(({ call, text }) => ({ type: "tool-result", toolCallId: call.id, toolName: call.name, output: { type: "text", value: text } })) }];
  };
  return {
    dialect,
    async ask({ model: name, system, turns, tools, choice, thinks, temperature, stream }) {
      const request = { model: model(name), maxRetries: 0, maxOutputTokens: maxOut, messages: turns.flatMap(messageOf), ...(system ? { instructions: system } : {}),
        ...(tools ? { tools: Object.fromEntries(tools.map((each) => [each.name, tool({ description: each.description, inputSchema: jsonSchema(each.schema) })])) } : {}),
        ...(temperature ? { temperature } : {}),
        ...(choice ? { toolChoice: { type: "tool", toolName: choice } } : {}),
        ...(thinks ? { reasoning: "medium", ...(providerOptions ? { providerOptions } : {}) } : {}), onError() {} };
      const done = stream ? streamText(request) : await generateText(request);
      if (stream) {
        for await (const part of done.stream) {
          if (part.type === "error") throw part.error instanceof Error ? part.error : new ToldFailure(JSON.stringify(part.error));
        }
      }
      const [text, reasoningText, toolCalls, usage, response, finishReason] = await Promise.all([done.text, done.reasoningText, done.toolCalls, done.usage, done.response, done.finishReason]);
      if (finishReason === "error") throw new ToldFailure("finished with an error");
      if (!["stop", "tool-calls", "length"].includes(finishReason)) throw new Error(`finished with "${finishReason}", and no error`);
      return { replay: response.messages, isCutShort: finishReason === "length", text, thoughts: reasoningText ?? "", calls: toolCalls.map(({ toolCallId, toolName, input }) => ({ id: toolCallId, name: toolName, input })),
        usage: { input: usage.inputTokens, cached: usage.inputTokenDetails.cacheReadTokens ?? 0, output: usage.outputTokens, reasoning: usage.outputTokenDetails.reasoningTokens } };
    },
    errorOf(error) {
      const told = JSON.parse(error.responseBody ?? "{}").error ?? {};
      const kind = { "openai-chat": told.code, "openai-responses": told.code, anthropic: told.type, gemini: told.status }[dialect];
      return { status: error.statusCode, kind, message: told.message ?? error.message, retryAfter: error.responseHeaders?.["retry-after"] };
    },
  };
}

/// All of them by name.
export function makeSdks(base, apiKey) {
  const settings = { baseURL: `${base}/v1`, apiKey };
  return {
    "openai chat": openaiChat(base, apiKey),
    "openai responses": openaiResponses(base, apiKey),
    "anthropic": anthropic(base, apiKey),
    "genai": genai(base, apiKey),
    "ai openai-compatible": aiSdk("openai-chat", createOpenAICompatible({ name: "relay", includeUsage: true, ...settings })),
    "ai openai": aiSdk("openai-responses", createOpenAI(settings).responses, { openai: { store: false, reasoningSummary: "auto", forceReasoning: true, include: ["reasoning.encrypted_content"] } }),
    "ai anthropic": aiSdk("anthropic", createAnthropic(settings)),
    "ai google": aiSdk("gemini", createGoogleGenerativeAI({ baseURL: `${base}/v1beta`, apiKey }), { google: { thinkingConfig: { includeThoughts: true, thinkingBudget: 2048 } } }),
  };
}
