#include "dialect/dialect.h"

#include <QTest>

using namespace waystation;

namespace {

struct Expected
{
    const char* method;
    const char* path;
    const char* query;
    const char* address; // "dialect operation model task tail flags", "-" for empty; or the kind of
                         // the error
};

QByteArray wordOf(const std::string& text)
{
    return text.empty() ? QByteArray("-") : QByteArray::fromStdString(text);
}

QByteArray shown(const Result<Address>& address)
{
    if (!address)
        return nameOf(address.error().kind);
    QByteArray flags;
    if (address->streams)
        flags += 's';
    if (address->streamsAsArray)
        flags += 'a';
    if (address->modelInPath)
        flags += 'm';
    return QByteArray(nameOf(address->dialect)) + ' ' + nameOf(address->operation) + ' '
        + wordOf(address->model) + ' ' + wordOf(address->taskId) + ' ' + wordOf(address->tail) + ' '
        + (flags.isEmpty() ? QByteArray("-") : flags);
}

const Expected table[] = {
    {"POST", "/v1/chat/completions", "", "openai-chat generate - - /chat/completions -"},
    {"POST", "/chat/completions", "", "openai-chat generate - - /chat/completions -"},
    {"POST", "/v1/chat/completions/", "", "openai-chat generate - - /chat/completions -"},
    {"POST", "/openai/v1/chat/completions", "", "openai-chat generate - - /chat/completions -"},
    {"POST", "/v1beta/openai/chat/completions", "", "openai-chat generate - - /chat/completions -"},
    {"POST", "/v1/completions", "", "openai-chat completions - - /completions -"},
    {"POST", "/v1/embeddings", "", "openai-chat embeddings - - /embeddings -"},
    {"POST", "/v1/images/generations", "", "openai-chat images - - /images/generations -"},
    {"POST", "/images/edits", "", "openai-chat images - - /images/edits -"},
    {"POST", "/v1/images/variations", "", "openai-chat images - - /images/variations -"},
    {"POST", "/v1/audio/speech", "", "openai-chat speech - - /audio/speech -"},
    {"POST", "/v1/audio/transcriptions", "",
        "openai-chat transcription - - /audio/transcriptions -"},
    {"POST", "/v1/audio/translations", "", "openai-chat transcription - - /audio/translations -"},
    {"POST", "/v1/rerank", "", "openai-chat rerank - - /rerank -"},
    {"POST", "/v2/rerank", "", "openai-chat rerank - - /rerank -"},
    {"POST", "/v1/moderations", "", "openai-chat moderations - - /moderations -"},
    {"POST", "/v1/videos", "", "openai-chat video_create - - /videos -"},
    {"POST", "/v1/video/generations", "", "openai-chat video_create - - /video/generations -"},
    {"GET", "/v1/videos/video_123", "", "openai-chat video_task - video_123 /videos/video_123 -"},
    {"DELETE", "/v1/videos/video_123", "",
        "openai-chat video_task - video_123 /videos/video_123 -"},
    {"GET", "/v1/videos/video_123/content", "variant=thumbnail",
        "openai-chat video_task - video_123 /videos/video_123/content -"},
    {"POST", "/v1/videos/video_123/remix", "",
        "openai-chat video_task - video_123 /videos/video_123/remix -"},
    {"GET", "/v1/video/generations/task-9", "",
        "openai-chat video_task - task-9 /video/generations/task-9 -"},

    {"POST", "/v1/responses", "", "openai-responses generate - - /responses -"},
    {"POST", "/responses", "", "openai-responses generate - - /responses -"},
    {"POST", "/openai/responses", "api-version=preview",
        "openai-responses generate - - /responses -"},
    {"POST", "/v1/responses/compact", "", "openai-responses generate - - /responses/compact -"},
    {"POST", "/v1/responses/input_tokens", "",
        "openai-responses count_tokens - - /responses/input_tokens -"},
    {"GET", "/v1/responses/resp_a1", "",
        "openai-responses response_task - resp_a1 /responses/resp_a1 -"},
    {"DELETE", "/v1/responses/resp_a1", "",
        "openai-responses response_task - resp_a1 /responses/resp_a1 -"},
    {"POST", "/v1/responses/resp_a1/cancel", "",
        "openai-responses response_task - resp_a1 /responses/resp_a1/cancel -"},
    {"GET", "/responses/resp_a1/input_items", "",
        "openai-responses response_task - resp_a1 /responses/resp_a1/input_items -"},

    {"POST", "/v1/messages", "beta=true", "anthropic generate - - /messages -"},
    {"POST", "/messages", "", "anthropic generate - - /messages -"},
    {"POST", "/anthropic/v1/messages", "", "anthropic generate - - /messages -"},
    {"POST", "/anthropic/messages", "", "anthropic generate - - /messages -"},
    {"POST", "/v1/messages/count_tokens", "",
        "anthropic count_tokens - - /messages/count_tokens -"},

    {"POST", "/v1beta/models/gemini-2.5-pro:generateContent", "",
        "gemini generate gemini-2.5-pro - :generateContent m"},
    {"POST", "/v1beta/models/gemini-2.5-pro:streamGenerateContent", "alt=sse",
        "gemini generate gemini-2.5-pro - :streamGenerateContent sm"},
    {"POST", "/v1beta/models/gemini-2.5-pro:streamGenerateContent", "key=x",
        "gemini generate gemini-2.5-pro - :streamGenerateContent sam"},
    {"POST", "/gemini/v1beta/models/gemini-2.5-pro:countTokens", "",
        "gemini count_tokens gemini-2.5-pro - :countTokens m"},
    {"POST", "/v1/models/gemini-2.5-pro:generateContent", "",
        "gemini generate gemini-2.5-pro - :generateContent m"},
    {"POST", "/v1alpha/models/text-embedding-004:embedContent", "",
        "gemini embeddings text-embedding-004 - :embedContent m"},
    {"POST", "/v1beta/models/e:batchEmbedContents", "",
        "gemini embeddings e - :batchEmbedContents m"},
    {"POST", "/v1beta/models/imagen-4:predict", "", "gemini images imagen-4 - :predict m"},
    {"POST", "/v1beta/models/deepseek/deepseek-chat:generateContent", "",
        "gemini generate deepseek/deepseek-chat - :generateContent m"},
    {"POST", "/v1beta/models/deepseek%2Fdeepseek-chat:generateContent", "",
        "gemini generate deepseek/deepseek-chat - :generateContent m"},
    {"POST", "/v1beta/models/llama3%3A8b%3AgenerateContent", "",
        "gemini generate llama3:8b - :generateContent m"},

    {"POST", "/openai/deployments/my-gpt/chat/completions", "api-version=2024-10-21",
        "openai-chat generate my-gpt - /chat/completions m"},
    {"POST", "/openai/deployments/my%20gpt/embeddings", "api-version=x",
        "openai-chat embeddings my gpt - /embeddings m"},
    {"POST", "/openai/deployments/d/audio/transcriptions", "",
        "openai-chat transcription d - /audio/transcriptions m"},
    {"POST", "/openai/v1/responses", "", "openai-responses generate - - /responses -"},

    {"GET", "/v1/models", "", "openai-chat list_models - - /models -"},
    {"GET", "/models", "", "openai-chat list_models - - /models -"},
    {"GET", "/anthropic/v1/models", "limit=1000", "anthropic list_models - - /models -"},
    {"GET", "/v1beta/models", "", "gemini list_models - - /models -"},
    {"GET", "/v1/models/gpt-5", "", "openai-chat get_model gpt-5 - /models/gpt-5 m"},
    {"GET", "/v1/models/anthropic/claude-x", "",
        "openai-chat get_model anthropic/claude-x - /models/anthropic/claude-x m"},
    {"GET", "/v1beta/models/gemini-2.5-pro", "", "gemini get_model gemini-2.5-pro - - m"},
    {"HEAD", "/", "", "openai-chat hello - - - -"},
    {"GET", "/", "", "openai-chat hello - - - -"},
    {"HEAD", "/api/hello", "", "openai-chat hello - - - -"},
    {"HEAD", "/anthropic/api/hello", "", "openai-chat hello - - - -"},
    {"GET", "/health", "", "openai-chat hello - - - -"},

    {"GET", "/v1/chat/completions", "", "unsupported"},
    {"GET", "/v1/responses", "", "unsupported"}, // Codex asks for a WebSocket here
    {"PUT", "/v1/responses/resp_a1", "", "unsupported"},
    {"GET", "/v1/responses/resp_a1/cancel", "", "unsupported"},
    {"DELETE", "/v1/video/generations/t", "", "unsupported"},
    {"GET", "/v1/messages", "", "unsupported"},
    {"POST", "/v1/models", "", "unsupported"},
    {"DELETE", "/v1/models/gpt-5", "", "unsupported"},
    {"GET", "/v1beta/models/g:generateContent", "", "unsupported"},
    {"POST", "/health", "", "unsupported"},
    {"OPTIONS", "/v1/messages", "", "unsupported"},

    {"GET", "/v1", "", "not_found"},
    {"POST", "/v1/files", "", "not_found"},
    {"POST", "/v1/messages/batches", "", "not_found"},
    {"POST", "/v3/chat/completions", "", "not_found"},
    {"POST", "/v2/chat/completions", "", "not_found"},
    {"POST", "/v1beta/chat/completions", "", "not_found"},
    {"POST", "/v1beta/models/g:doMagic", "", "not_found"},
    {"POST", "/v1beta/models/:generateContent", "", "not_found"},
    {"POST", "/openai/deployments/d/responses", "", "not_found"},
    {"POST", "/openai/deployments/d", "", "not_found"},
    {"GET", "", "", "not_found"},
    {"GET", "v1/models", "", "not_found"},

    // Spellings that another server might read as another path
    {"GET", "/v1/../admin", "", "not_found"},
    {"GET", "/v1/videos/..", "", "not_found"},
    {"GET", "/v1/videos/%2e%2e", "", "not_found"},
    {"GET", "/v1/videos/%2E./content", "", "not_found"},
    {"GET", "/v1/videos/a%2Fb", "", "not_found"},
    {"GET", "/v1/videos/a%2f..%2fb/content", "", "not_found"},
    {"GET", "/v1/videos/a%252fb", "", "not_found"},
    {"GET", "/v1/responses/a%5cb", "", "not_found"},
    {"GET", "/v1/responses/a\\b", "", "not_found"},
    {"GET", "/v1/responses/a%00", "", "not_found"},
    {"GET", "/v1/responses/a%0d%0ax", "", "not_found"},
    {"GET", "/v1/responses/a%3fx", "", "not_found"},
    {"GET", "/v1/responses/a%", "", "not_found"},
    {"GET", "/v1/responses/a%4", "", "not_found"},
    {"GET", "/v1/responses/a b", "", "not_found"},
    {"GET", "/v1/responses/a\tb", "", "not_found"},
    {"GET", "/v1/responses/\xc3\xa4", "", "not_found"},
    {"POST", "//v1/chat/completions", "", "not_found"},
    {"POST", "/v1//chat/completions", "", "not_found"},
    {"POST", "/v1/chat/completions//", "", "not_found"},
    {"POST", "/v1/./chat/completions", "", "not_found"},
    {"POST", "/v1/%63hat/completions", "", "not_found"},
    {"POST", "/v1beta/models/..%2F..%2Fx:generateContent", "", "not_found"},
    {"POST", "/v1beta/models/a%2F%2Fb:generateContent", "", "not_found"},
    {"POST", "/v1beta/models/a%0Ab:generateContent", "", "not_found"},
    {"POST", "/v1beta/models/%FF:generateContent", "", "not_found"},
    {"POST", "/openai/deployments/%2e%2e/chat/completions", "", "not_found"},
};

}

class TestPaths : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void aPathMeansAnOperation_data()
    {
        QTest::addColumn<int>("row");
        for (int i = 0; i < int(std::size(table)); ++i)
            QTest::addRow("%03d %s %s", i, table[i].method, table[i].path) << i;
    }

    void aPathMeansAnOperation()
    {
        QFETCH(int, row);
        const Expected& expected = table[row];
        QCOMPARE(shown(addressOf(expected.method, expected.path, expected.query, {})),
            QByteArray(expected.address));
    }

    void aHeaderTellsTheFormOfTheModelList()
    {
        const Headers headers{{"Anthropic-Version", "2023-06-01"}};
        QCOMPARE(
            addressOf("GET", "/v1/models", "limit=1000", headers)->dialect, DialectId::Anthropic);
        QCOMPARE(
            addressOf("GET", "/v1/models/claude-x", "", headers)->dialect, DialectId::Anthropic);
        QCOMPARE(addressOf("GET", "/v1beta/models", "", headers)->dialect, DialectId::Gemini);
        // Google's SDK asks under /v1
        for (const char* field : {"x-goog-api-key", "X-Goog-Api-Client"})
            QCOMPARE(addressOf("GET", "/v1/models", "", {{field, "x"}})->dialect, DialectId::Gemini);
    }

    void anotherMethodIsToldFromALackingOperation()
    {
        const auto address = addressOf("GET", "/v1/chat/completions", "", {});
        QCOMPARE(QByteArray::fromStdString(address.error().field), QByteArray("method"));
        QCOMPARE(writeError(DialectId::OpenaiChat, address.error(), "").status, 405);
    }

    void aLongIdIsRefused()
    {
        const std::string path = "/v1/videos/" + std::string(600, 'a');
        QCOMPARE(addressOf("GET", path, "", {}).error().kind, ErrorKind::NotFound);
        const std::string model = "/v1beta/models/" + std::string(300, 'a') + ":generateContent";
        QCOMPARE(addressOf("POST", model, "", {}).error().kind, ErrorKind::NotFound);
    }
};

QTEST_GUILESS_MAIN(TestPaths)
#include "tst_paths.moc"
