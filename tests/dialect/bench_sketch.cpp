// Prints what a look inside costs: the sketch of a large call, and an event of a stream.

#include "dialect/dialect.h"
#include "dialect/sse.h"

#include <chrono>
#include <cstdio>

using namespace waystation;

namespace {

std::string largeCall(std::size_t octets)
{
    std::string body = R"({"messages":[{"role":"system","content":"You help."})";
    while (body.size() + 8000 < octets) {
        body += R"(,{"role":"user","content":")";
        while (body.size() % 4096 != 0)
            body += body.size() % 61 == 0 ? "\\n" : body.size() % 97 == 0 ? "\\\"" : "a";
        body += R"("})";
    }
    body += R"(],"tools":[)";
    for (int i = 0; i < 20; ++i) {
        body += i ? "," : "";
        body += R"({"type":"function","function":{"name":"t)" + std::to_string(i)
            + R"(","description":"reads","parameters":{"type":"object","properties":{"path":{"type":"string"},"line":{"type":"integer"}},"required":["path"]}}})";
    }
    body += R"(],"stream":true,"stream_options":{"include_usage":true},"model":"gpt-5"})";
    body.reserve(body.size() + 64);
    return body;
}

template <class Work> double microseconds(int rounds, Work&& work)
{
    double best = 1e9;
    for (int batch = 0; batch < 7; ++batch) {
        const auto from = std::chrono::steady_clock::now();
        for (int i = 0; i < rounds; ++i)
            work();
        const std::chrono::duration<double, std::micro> spent
            = std::chrono::steady_clock::now() - from;
        best = std::min(best, spent.count() / rounds);
    }
    return best;
}

}

int main()
{
    const std::string body = largeCall(200 << 10);
    const Address address = *addressOf("POST", "/v1/chat/completions", "", {});
    bool ok = true;
    std::printf("sketch of %zu octets: %.1f us\n", body.size(),
        microseconds(300, [&] { ok = ok && sketchOf(address, "application/json", body)->stream; }));

    std::string chunk
        = R"(data: {"id":"chatcmpl-Bx1","object":"chat.completion.chunk","created":1757000000,"model":"gpt-5-2026-08-07","service_tier":"default","system_fingerprint":"fp_1","choices":[{"index":0,"delta":{"content":" a word or two"},"logprobs":null,"finish_reason":null}],"usage":null})";
    chunk.resize(std::max<std::size_t>(chunk.size(), 267), ' ');
    chunk += "\n\n";
    const auto reader = makeStreamReader(DialectId::OpenaiChat, Operation::Generate);
    SseReader sse;
    std::printf("event of %zu octets: %.3f us\n", chunk.size(), microseconds(50'000, [&] {
        sse.feed(chunk, [&](const StreamEvent& event) {
            ok = ok && reader->event(event.name, event.data).isContent;
        });
    }));
    std::printf("the cutting alone: %.3f us\n", microseconds(50'000, [&] {
        sse.feed(chunk, [&](const StreamEvent& event) { ok = ok && !event.isComment; });
    }));
    return ok ? 0 : 1;
}
