// What a translation costs: a coding agent's request of 200 KiB and the events of a stream, for each pair of protocols, in
// CPU time of one thread, beside a plain copy of the same octets.
//
//   waystation-bench-translate [rounds]

#include "chat/collect.h"
#include "chat/repair.h"
#include "dialect/convert.h"
#include "dialect/sse.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>
#include <string>
#include <vector>

using namespace waystation;

namespace {

double cpuMicros()
{
    timespec now {};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

/// The middle of several runs, in microseconds each.
template <class Run>
double medianOf(int rounds, int times, Run run)
{
    std::vector<double> took;
    for (int i = 0; i < rounds; ++i) {
        const double began = cpuMicros();
        for (int j = 0; j < times; ++j)
            run();
        took.push_back((cpuMicros() - began) / times);
    }
    std::sort(took.begin(), took.end());
    return took[took.size() / 2];
}

std::string codeText(std::size_t octets, int seed)
{
    std::string text;
    for (int line = seed; text.size() < octets; ++line)
        text += "    const auto value" + std::to_string(line) + " = read(\\\"input\\\", " + std::to_string(line * 7) + "); // \\u00e9 step\\n";
    return text;
}

/// An agent's turn in Messages: instructions, 20 tools, and rounds of calls and results, 200 KiB in all.
std::string agentRequest()
{
    std::string body = R"({"model":"claude-sonnet-4-5","max_tokens":32000,"stream":true,"temperature":0.5,"system":[{"type":"text","text":")" + codeText(12'000, 1)
        + R"(","cache_control":{"type":"ephemeral"}}],"tools":[)";
    for (int i = 0; i < 20; ++i) {
        if (i > 0)
            body += ',';
        body += R"({"name":"tool_)" + std::to_string(i) + R"(","description":")" + codeText(1'200, i)
            + R"(","input_schema":{"type":"object","properties":{"path":{"type":"string","description":"where"},"line":{"type":"integer"}},"required":["path"]}})";
    }
    body += R"(],"messages":[{"role":"user","content":"Please mend the reader."})";
    for (int i = 0; body.size() < 200 * 1024; ++i) {
        const std::string id = "toolu_" + std::to_string(1000 + i);
        body += R"(,{"role":"assistant","content":[{"type":"text","text":"I look at the next file."},{"type":"tool_use","id":")" + id
            + R"(","name":"tool_3","input":{"path":"src/file.cpp","line":)" + std::to_string(i) + R"(}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":")" + id
            + R"(","content":[{"type":"text","text":")" + codeText(6'000, i * 10) + R"("}]}]})";
    }
    return body + "]}";
}

Address addressOf(DialectId dialect)
{
    Address address;
    address.dialect = dialect;
    address.operation = Operation::Generate;
    address.model = "model";
    address.modelInPath = dialect == DialectId::Gemini;
    address.streams = true;
    return address;
}

Target targetOf(DialectId dialect)
{
    Target target;
    target.model = "upstream-model";
    target.customTools = false;
    target.ids = dialect == DialectId::Anthropic ? IdRule::Anthropic : IdRule::Any;
    return target;
}

std::string translated(DialectId from, DialectId to, const std::string& body)
{
    auto call = readCall(from, addressOf(from), body);
    if (!call) {
        std::fprintf(stderr, "%s: %s\n", nameOf(from), call.error().message.c_str());
        std::exit(1);
    }
    Losses losses;
    repairHistory(*call, losses);
    ToolNames names;
    auto out = writeCall(to, *call, targetOf(to), names, losses);
    if (!out) {
        std::fprintf(stderr, "%s: %s\n", nameOf(to), out.error().message.c_str());
        std::exit(1);
    }
    return std::move(*out);
}

constexpr int deltas = 2000;

/// A stream of 2000 pieces of text, as an upstream of the dialect sends it.
std::vector<std::string> streamOf(DialectId dialect)
{
    std::vector<std::string> events;
    const std::string piece = "some words of an answer ";
    switch (dialect) {
    case DialectId::OpenaiChat:
        for (int i = 0; i < deltas; ++i)
            events.push_back(R"(data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1788000000,"model":"m","system_fingerprint":"fp","choices":[{"index":0,"delta":{"content":")" + piece + R"("},"logprobs":null,"finish_reason":null}]})" "\n\n");
        events.push_back("data: {\"id\":\"chatcmpl-1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n");
        events.push_back("data: [DONE]\n\n");
        break;
    case DialectId::OpenaiResponses:
        events.push_back("event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"resp_1\",\"created_at\":1788000000,\"model\":\"m\",\"output\":[]}}\n\n");
        for (int i = 0; i < deltas; ++i)
            events.push_back("event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":" + std::to_string(i + 1) + R"(,"item_id":"msg_1","output_index":0,"content_index":0,"delta":")" + piece + R"(","logprobs":[]})" "\n\n");
        events.push_back("event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":\"resp_1\",\"model\":\"m\",\"status\":\"completed\",\"output\":[],\"usage\":{\"input_tokens\":1,\"output_tokens\":2,\"total_tokens\":3}}}\n\n");
        break;
    case DialectId::Anthropic:
        events.push_back("event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"model\":\"m\",\"role\":\"assistant\",\"content\":[],\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}}\n\n");
        events.push_back("event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n");
        for (int i = 0; i < deltas; ++i)
            events.push_back("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"" + piece + "\"}}\n\n");
        events.push_back("event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n");
        events.push_back("event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":5}}\n\n");
        events.push_back("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
        break;
    case DialectId::Gemini:
        for (int i = 0; i < deltas; ++i)
            events.push_back(R"(data: {"candidates":[{"content":{"parts":[{"text":")" + piece + R"("}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":9,"totalTokenCount":12},"modelVersion":"m","responseId":"r1"})" "\r\n\r\n");
        events.push_back("data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\"}],\"role\":\"model\"},\"finishReason\":\"STOP\",\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":9,\"candidatesTokenCount\":3,\"totalTokenCount\":12}}\r\n\r\n");
        break;
    }
    return events;
}

std::size_t told(DialectId from, DialectId to, const std::vector<std::string>& events)
{
    static const ChatCall call;
    ReplyContext context;
    context.call = &call;
    context.id = "0000answer";
    context.created = 1;
    std::string out;
    const auto writer = makeStreamWriter(to, context, out);
    const ToolNames names;
    Sequence sequence(*writer, names, 1);
    const auto reader = makeEventReader(from, sequence);
    SseReader sse;
    std::size_t octets = 0;
    for (const std::string& event : events) {
        sse.feed(event, [&](const StreamEvent& each) {
            if (!each.isComment)
                reader->event(each.name, each.data);
        });
        octets += out.size();
        out.clear();
    }
    reader->endOfStream();
    return octets + out.size();
}

}

int main(int argc, char** argv)
{
    const int rounds = argc > 1 ? std::max(3, std::atoi(argv[1])) : 15;
    std::map<DialectId, std::string> bodies;
    bodies[DialectId::Anthropic] = agentRequest();
    for (const DialectId dialect : {DialectId::OpenaiChat, DialectId::OpenaiResponses, DialectId::Gemini})
        bodies[dialect] = translated(DialectId::Anthropic, dialect, bodies[DialectId::Anthropic]);

    std::string copy;
    const std::string& largest = bodies[DialectId::Anthropic];
    const double copied = medianOf(rounds, 50, [&] { copy.assign(largest.data(), largest.size()); });
    std::printf("copy of %zu octets: %.1f us\n\n", largest.size(), copied);

    std::printf("%-18s %-18s %10s %10s %8s %12s\n", "request from", "to", "KiB", "us", "MB/s", "us an event");
    for (const DialectId from : allDialects) {
        const std::string& body = bodies[from];
        const std::vector<std::string> events = streamOf(from);
        for (const DialectId to : allDialects) {
            if (from == to)
                continue;
            const double request = medianOf(rounds, 10, [&] { translated(from, to, body); });
            const double stream = medianOf(rounds, 3, [&] { told(from, to, events); }) / deltas;
            std::printf("%-18s %-18s %10.0f %10.1f %8.0f %12.3f\n", nameOf(from), nameOf(to), static_cast<double>(body.size()) / 1024, request,
                static_cast<double>(body.size()) / request, stream);
        }
    }
    return 0;
}
