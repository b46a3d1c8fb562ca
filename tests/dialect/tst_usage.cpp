#include "dialect/dialect.h"
#include "dialect/sse.h"

#include <QTest>

using namespace waystation;

namespace {

std::optional<Usage> counted(const char* usage, DialectId dialect = DialectId::OpenaiChat)
{
    const char* field = dialect == DialectId::Gemini ? "usageMetadata" : "usage";
    return readUsage(
        dialect, Operation::Generate, std::string("{\"") + field + "\":" + usage + "}");
}

std::optional<Usage> read(
    Operation operation, const char* body, DialectId dialect = DialectId::OpenaiChat)
{
    return readUsage(dialect, operation, body);
}

/// What is said of the last of the events.
StreamReader::Seen lastOf(StreamReader& reader, std::initializer_list<const char*> events)
{
    StreamReader::Seen seen;
    for (const char* event : events)
        seen = reader.event("", event);
    return seen;
}

}

class TestUsage : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    // The traps of metering.md 7 that concern reading, by their numbers.

    void trap1And2CacheIsPartOfInputWhateverTheProtocolSays()
    {
        const auto anthropic
            = counted(R"({"input_tokens":1000,"cache_read_input_tokens":20000,"output_tokens":1})",
                DialectId::Anthropic);
        const auto openai = counted(
            R"({"prompt_tokens":21000,"prompt_tokens_details":{"cached_tokens":20000},"completion_tokens":1,"total_tokens":21001})");
        QCOMPARE(anthropic->input, Tokens(21000));
        QCOMPARE(openai->input, Tokens(21000));
        QCOMPARE(anthropic->cacheRead, Tokens(20000));
        QCOMPARE(openai->cacheRead, Tokens(20000));
    }

    void trap3TheDeltaReplacesTheStart()
    {
        const auto reader = makeStreamReader(DialectId::Anthropic, Operation::Generate);
        lastOf(*reader,
            {R"({"type":"message_start","message":{"usage":{"input_tokens":10,"output_tokens":4}}})",
                R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":8,"output_tokens":30}})"});
        QCOMPARE(reader->usage()->output, Tokens(30));
        QCOMPARE(reader->usage()->input, Tokens(8)); // smaller, but not 0
    }

    void trap4And5OnlyTheChunkThatHoldsNothingElseIsUsageOnly()
    {
        const auto isUsageOnly = [](const char* chunk) {
            return makeStreamReader(DialectId::OpenaiChat, Operation::Generate)
                ->event("", chunk)
                .isUsageOnly;
        };
        QVERIFY(isUsageOnly(R"({"choices":[],"usage":{"prompt_tokens":1}})"));
        QVERIFY(isUsageOnly(R"({"usage":{"prompt_tokens":1},"choices":[]})"));
        QVERIFY(!isUsageOnly(R"({"choices":[],"prompt_filter_results":[]})"));
        QVERIFY(!isUsageOnly(R"({"choices":[],"usage":null})"));
        QVERIFY(!isUsageOnly(
            R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}})"));
        QVERIFY(!isUsageOnly(R"({"usage":{"prompt_tokens":1}})"));
        QVERIFY(!isUsageOnly("[DONE]"));
        QVERIFY(!makeStreamReader(DialectId::Gemini, Operation::Generate)
                     ->event("", R"({"usageMetadata":{"promptTokenCount":1}})")
                     .isUsageOnly);
    }

    void trap6UsageBehindTheFinishCounts()
    {
        const auto reader = makeStreamReader(DialectId::OpenaiChat, Operation::Generate);
        lastOf(*reader,
            {R"({"choices":[{"delta":{},"finish_reason":"stop"}]})",
                R"({"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":6}})"});
        QCOMPARE(reader->usage()->output, Tokens(6));
        const auto gemini = makeStreamReader(DialectId::Gemini, Operation::Generate);
        lastOf(*gemini,
            {R"({"candidates":[{"finishReason":"STOP"}]})",
                R"({"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":6}})"});
        QCOMPARE(gemini->usage()->output, Tokens(6));
    }

    void trap7ThoughtsArePartOfTheOutput()
    {
        const auto usage = counted(
            R"({"promptTokenCount":10,"candidatesTokenCount":5,"thoughtsTokenCount":7,"totalTokenCount":22})",
            DialectId::Gemini);
        QCOMPARE(usage->output, Tokens(12));
        QCOMPARE(usage->reasoning, Tokens(7));
        QCOMPARE(usage->toolPrompt, Tokens(0));
    }

    void trap8And9ReasoningIsCountedOnce()
    {
        const auto inside = counted(
            R"({"prompt_tokens":10,"completion_tokens":50,"total_tokens":60,"completion_tokens_details":{"reasoning_tokens":40}})");
        const auto beside = counted(
            R"({"prompt_tokens":10,"completion_tokens":50,"total_tokens":100,"completion_tokens_details":{"reasoning_tokens":40}})");
        const auto unsaid = counted(
            R"({"prompt_tokens":10,"completion_tokens":5,"completion_tokens_details":{"reasoning_tokens":40}})");
        QCOMPARE(inside->output, Tokens(50));
        QCOMPARE(beside->output, Tokens(90));
        QCOMPARE(unsaid->output, Tokens(45));
        QCOMPARE(
            counted(
                R"({"input_tokens":10,"output_tokens":50,"total_tokens":60,"output_tokens_details":{"reasoning_tokens":40}})",
                DialectId::OpenaiResponses)
                ->output,
            Tokens(50));
    }

    void trap13TheSplitOfCacheWritesIsKept()
    {
        const auto split = counted(
            R"({"input_tokens":1,"cache_creation_input_tokens":30,"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20},"output_tokens":1})",
            DialectId::Anthropic);
        QCOMPARE(split->cacheWrite5m, Tokens(10));
        QCOMPARE(split->cacheWrite1h, Tokens(20));
        QCOMPARE(split->input, Tokens(31));
        const auto whole
            = counted(R"({"input_tokens":1,"cache_creation_input_tokens":30,"output_tokens":1})",
                DialectId::Anthropic);
        QCOMPARE(whole->cacheWrite5m, Tokens(30));
        QCOMPARE(whole->cacheWrite1h, Tokens(0));
    }

    void trap15CandidatesAreCountedOnce()
    {
        const auto reader = makeStreamReader(DialectId::OpenaiChat, Operation::Generate);
        const char* chunk
            = R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":5,"completion_tokens":6}},{"index":1,"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":5,"completion_tokens":6}}]})";
        lastOf(*reader, {chunk, chunk});
        QCOMPARE(reader->usage()->input, Tokens(5));
        QCOMPARE(reader->usage()->output, Tokens(6));
    }

    void sumsTellWhetherTheCacheIsBeside()
    {
        QCOMPARE(
            counted(
                R"({"prompt_tokens":100,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":900}})")
                ->input,
            Tokens(1000));
        QCOMPARE(
            counted(
                R"({"prompt_tokens":100,"completion_tokens":5,"total_tokens":145,"prompt_tokens_details":{"cached_tokens":40}})")
                ->input,
            Tokens(140));
        QCOMPARE(
            counted(
                R"({"prompt_tokens":100,"completion_tokens":5,"total_tokens":105,"prompt_tokens_details":{"cached_tokens":40}})")
                ->input,
            Tokens(100));
        QCOMPARE(
            counted(
                R"({"prompt_tokens":100,"completion_tokens":5,"total_tokens":155,"prompt_tokens_details":{"cached_tokens":40},"completion_tokens_details":{"reasoning_tokens":10}})")
                ->output,
            Tokens(15));
        // Read and written together may be more than the prompt on OpenAI.
        QCOMPARE(
            counted(
                R"({"prompt_tokens":100,"completion_tokens":5,"total_tokens":105,"prompt_tokens_details":{"cached_tokens":90,"cache_write_tokens":50}})")
                ->input,
            Tokens(100));
        // Anthropic's own names in an OpenAI reply
        QCOMPARE(
            counted(
                R"({"input_tokens":100,"output_tokens":5,"cache_read_input_tokens":40,"cache_creation_input_tokens":10})")
                ->input,
            Tokens(150));
    }

    void everyVendorsNamesAreKnown()
    {
        QCOMPARE(
            counted(
                R"({"prompt_cache_hit_tokens":40,"prompt_cache_miss_tokens":60,"completion_tokens":5})")
                ->input,
            Tokens(100));
        QCOMPARE(
            counted(R"({"prompt_tokens":100,"completion_tokens":5,"cached_tokens":40})")->cacheRead,
            Tokens(40));
        QCOMPARE(
            counted(
                R"({"prompt_tokens":100,"completion_tokens":5,"prompt_tokens_details":{"cache_creation_input_tokens":40}})")
                ->cacheWrite5m,
            Tokens(40));
        QCOMPARE(
            counted(
                R"({"tokens":{"input_tokens":7,"output_tokens":8},"billed_units":{"input_tokens":5}})")
                ->input,
            Tokens(7));
        QCOMPARE(
            counted(
                R"({"prompt_tokens":0,"input_tokens":7,"completion_tokens":0,"output_tokens":8})")
                ->output,
            Tokens(8));
        QCOMPARE(
            counted(R"({"prompt_tokens":9,"completion_tokens":8,"cost":0.25})")->vendorCost->value,
            250'000);
        QCOMPARE(
            counted(
                R"({"prompt_tokens":9,"completion_tokens":8,"cost":0.25,"is_byok":false,"cost_details":{"upstream_inference_cost":7}})")
                ->vendorCost->value,
            250'000);
        QCOMPARE(
            counted(R"({"prompt_tokens":9,"completion_tokens":8,"cost_in_usd_ticks":12345678})")
                ->vendorCost->value,
            1'235);
        QVERIFY(!counted(R"({"prompt_tokens":9,"completion_tokens":8,"cost":-1})")->vendorCost);
        QVERIFY(!counted(R"({"prompt_tokens":9,"completion_tokens":8})")->vendorCost);
        QCOMPARE(read(Operation::Generate, R"({"x_groq":{"usage":{"prompt_tokens":9}}})")->input,
            Tokens(9));
        QCOMPARE(read(Operation::Generate, R"({"choices":[{"usage":{"prompt_tokens":9}}]})")->input,
            Tokens(9));
        QCOMPARE(QByteArray::fromStdString(read(
                     Operation::Generate, R"({"usage":{"prompt_tokens":9},"service_tier":"Flex"})")
                                               ->tier),
            QByteArray("flex"));
    }

    void hostileFiguresAreTamed()
    {
        const auto usage = counted(
            R"({"prompt_tokens":1e300,"completion_tokens":-5,"total_tokens":"x","prompt_tokens_details":{"cached_tokens":"12","audio_tokens":null},"completion_tokens_details":[]})");
        QCOMPARE(usage->input, mostTokens);
        QCOMPARE(usage->output, Tokens(0));
        QCOMPARE(usage->cacheRead, Tokens(12));
        const auto parts = counted(
            R"({"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"completion_tokens_details":{"reasoning_tokens":99,"audio_tokens":99},"prompt_tokens_details":{"image_tokens":99}})");
        QCOMPARE(parts->reasoning, Tokens(5));
        QCOMPARE(parts->audioOut, Tokens(5));
        QCOMPARE(parts->imageIn, Tokens(10));
        for (const DialectId dialect : allDialects) {
            for (const char* nothing : {"null", "{}", "[]", "7", "\"x\"", "true",
                     R"({"prompt_tokens":null})", R"({"input_tokens":"many"})"})
                QVERIFY(!counted(nothing, dialect));
        }
        for (const char* body : {"", "null", "[]", "{", "{\"usage\":", "<html>", "7",
                 R"({"usage":{"prompt_tokens":1})"})
            QVERIFY(!read(Operation::Generate, body));
    }

    void operationsCountTheirOwnWay()
    {
        QCOMPARE(
            read(Operation::Embeddings,
                R"({"data":[{"embedding":[0.1,0.2]}],"usage":{"prompt_tokens":8,"total_tokens":8}})")
                ->input,
            Tokens(8));
        QCOMPARE(read(Operation::Embeddings, R"({"data":[],"usage":{"total_tokens":8}})")->input,
            Tokens(8));
        QCOMPARE(read(Operation::Embeddings,
                     R"({"embedding":{"values":[1]},"usageMetadata":{"promptTokenCount":6}})",
                     DialectId::Gemini)
                     ->input,
            Tokens(6));
        QCOMPARE(
            read(Operation::Embeddings,
                R"({"predictions":[{"embeddings":{"statistics":{"token_count":6}}},{"embeddings":{"statistics":{"token_count":5}}}]})",
                DialectId::Gemini)
                ->input,
            Tokens(11));
        QVERIFY(!read(Operation::Embeddings, R"({"embedding":{"values":[1]}})", DialectId::Gemini));

        QCOMPARE(read(Operation::Images, R"({"data":[{"url":"a"},{"url":"b"}]})")->images,
            std::int64_t(2));
        QCOMPARE(read(Operation::Images, R"({"predictions":[{"bytesBase64Encoded":"a"}]})",
                     DialectId::Gemini)
                     ->images,
            std::int64_t(1));
        const auto picture = read(Operation::Images,
            R"({"data":[{"b64_json":"a"}],"usage":{"input_tokens":5,"output_tokens":100,"output_tokens_details":{"image_tokens":90,"text_tokens":10}}})");
        QCOMPARE(picture->imageOut, Tokens(90));
        QCOMPARE(picture->images, std::int64_t(0));

        QCOMPARE(read(Operation::Transcription,
                     R"({"text":"x","usage":{"type":"duration","seconds":7.5}})")
                     ->audioMillis,
            std::int64_t(7500));
        QCOMPARE(read(Operation::Transcription, R"({"text":"x","duration":"8.25","segments":[]})")
                     ->audioMillis,
            std::int64_t(8250));
        QVERIFY(!read(Operation::Transcription, "plain words"));
        QVERIFY(!read(Operation::Speech, "ID3\x04\x00"));

        QCOMPARE(
            read(Operation::Rerank, R"({"results":[],"meta":{"billed_units":{"search_units":2}}})")
                ->searchUnits,
            std::int64_t(2));
        QCOMPARE(read(Operation::Rerank, R"({"results":[],"usage":{"total_tokens":90}})")->input,
            Tokens(90));
        QCOMPARE(read(Operation::Rerank, R"({"results":[],"meta":{"tokens":{"input_tokens":90}}})")
                     ->input,
            Tokens(90));

        // A task costs when it is done.
        QVERIFY(!read(Operation::VideoCreate, R"({"id":"v","status":"queued","seconds":"8"})"));
        QVERIFY(!read(Operation::VideoTask, R"({"id":"v","status":"failed","seconds":"8"})"));
        QCOMPARE(read(Operation::VideoTask,
                     R"({"id":"v","status":"completed","seconds":"8","size":"720x1280"})")
                     ->audioMillis,
            std::int64_t(8000));
        QVERIFY(!read(Operation::CountTokens, R"({"input_tokens":5,"usage":{"input_tokens":5}})",
            DialectId::Anthropic));
    }

    void picturesOfAStreamAreCountedWithoutTokens()
    {
        const auto reader = makeStreamReader(DialectId::OpenaiChat, Operation::Images);
        lastOf(*reader,
            {R"({"type":"image_generation.completed","b64_json":"a"})",
                R"({"type":"image_edit.completed","b64_json":"a"})"});
        QCOMPARE(reader->usage()->images, std::int64_t(2));
    }

    void namesOfEventsServeWhereTypesAreMissing()
    {
        const auto anthropic = makeStreamReader(DialectId::Anthropic, Operation::Generate);
        QVERIFY(anthropic->event("message_stop", "{}").isTerminal);
        const auto responses = makeStreamReader(DialectId::OpenaiResponses, Operation::Generate);
        QVERIFY(
            responses->event("response.completed", R"({"response":{"usage":{"input_tokens":3}}})")
                .isTerminal);
        QCOMPARE(responses->usage()->input, Tokens(3));
    }

    void keepAlivesMeanNothing()
    {
        for (const DialectId dialect : allDialects) {
            const auto reader = makeStreamReader(dialect, Operation::Generate);
            SseReader sse;
            int events = 0;
            sse.feed(keepAliveOf(dialect), [&](const StreamEvent& event) {
                ++events;
                if (event.isComment)
                    return;
                const auto seen = reader->event(event.name, event.data);
                QVERIFY(!seen.isContent && !seen.isUsageOnly && !seen.isTerminal && !seen.isError);
            });
            QCOMPARE(events, 1);
            QCOMPARE(sse.pending(), std::size_t(0));
            QVERIFY(!reader->mayEnd());
        }
        // Comments and names of events end Gemini CLI, which also wants the blank.
        QVERIFY(keepAliveOf(DialectId::Gemini).starts_with("data: "));
    }

    void estimatesGrowWithTheText()
    {
        QCOMPARE(estimatedTokens(0), Tokens(0));
        QCOMPARE(estimatedTokens(-3), Tokens(0));
        QCOMPARE(estimatedTokens(1), Tokens(1));
        QCOMPARE(estimatedTokens(400), Tokens(100));
    }

    void aStreamNamesWhatAnswers()
    {
        const auto reader = makeStreamReader(DialectId::OpenaiChat, Operation::Generate);
        reader->event("", R"({"id":"","model":"","choices":[]})");
        reader->event("", "{\"id\":\"a\\u001b[31m\",\"model\":\"m\\n\",\"choices\":[]}");
        QCOMPARE(QByteArray::fromStdString(reader->upstreamId()), QByteArray("a\\x1b[31m"));
        QCOMPARE(QByteArray::fromStdString(reader->answeredModel()), QByteArray("m "));
    }
};

QTEST_GUILESS_MAIN(TestUsage)
#include "tst_usage.moc"
