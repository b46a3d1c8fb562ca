// Prints what counting costs: loading, memory, and megabytes per second of several kinds of text.
//   bench_tokens [FILE...]    measures the files as well

#include "tokens/token_counter.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

using namespace waystation;

namespace {

double milliseconds(Tick from)
{
    const std::chrono::duration<double, std::milli> spent = tickNow() - from;
    return spent.count();
}

/// About a megabyte of `words` in random order.
std::string shuffled(const std::vector<std::string>& words, std::string_view between)
{
    std::mt19937 random(7);
    std::string text;
    while (text.size() < 1'000'000) {
        text += words[random() % words.size()];
        text += between;
    }
    return text;
}

void measure(TokenCounter& counter, const char* name, const std::string& text)
{
    double best = 1e9;
    std::int64_t tokens = 0;
    for (int i = 0; i < 5; ++i) {
        const Tick from = tickNow();
        tokens = counter.count(text);
        best = std::min(best, milliseconds(from));
    }
    std::printf("%-24s %7.1f MB/s  %9lld tokens in %9zu octets\n", name, text.size() / 1e3 / best, static_cast<long long>(tokens), text.size());
}

}

int main(int argumentCount, char** arguments)
{
    TokenCounter counter;
    for (int i = 0; i < 3; ++i) {
        counter.releaseIfIdle(tickNow(), std::chrono::seconds(0));
        const Tick from = tickNow();
        counter.count("a");
        std::printf("loading %.1f ms, %.2f MB\n", milliseconds(from), counter.memoryBytes() / 1e6);
    }

    measure(counter, "English", shuffled({"The", "relay", "carries", "one", "request", "at", "a", "time", "through", "several", "rooms,",
        "and", "nobody", "has", "to", "wait", "for", "the", "answer;", "it", "doesn't", "matter", "whether", "Margaret", "understood",
        "unbelievably", "long", "sentences.", "Meanwhile,", "twenty-three", "sheepdogs", "tiptoed", "past", "42", "lighthouses\n"}, " "));
    measure(counter, "source code", shuffled({"if (value != nullptr) {\n    ", "return std::move(m_channels[index]);\n", "}\n\n", "// why not\n",
        "const auto found = table.find(key);\n        ", "for (int i = 0; i < count; ++i)\n", "template <class T> struct ", "uint32_t mask = 0x7fff;\n"}, ""));
    measure(counter, "JSON", shuffled({R"({"role":"user","content":"Hello there"},)", R"({"type":"object","properties":{"path":{"type":"string"}}},)",
        R"("temperature":0.7,)", R"("id":"call_9f8aQz71LmXw",)", "\n    "}, ""));
    measure(counter, "Chinese", shuffled({"今天", "天气", "很好", "我们", "一起", "去", "公园", "散步", "然后", "讨论", "机器学习", "的", "问题", "模型",
        "服务器", "请求", "返回", "了", "错误", "，", "。", "因为", "所以"}, ""));
    measure(counter, "Japanese", shuffled({"今日は", "とても", "いい", "天気", "です", "ね", "。", "プログラム", "を", "書いて", "います", "、", "東京"}, ""));
    measure(counter, "Russian", shuffled({"Сегодня", "хорошая", "погода,", "и", "мы", "гуляем", "в", "парке.", "Переподключение", "сервера"}, " "));
    measure(counter, "emoji", shuffled({"😀", "👍🏽", "👩‍👩‍👧‍👦", "❤️", "🇩🇪", "🚀"}, " "));
    std::mt19937 random(11);
    std::string letters;
    std::string octets;
    for (int i = 0; i < 1'000'000; ++i) {
        letters += static_cast<char>('a' + random() % 26);
        octets += static_cast<char>(random());
    }
    measure(counter, "random letters", letters);
    measure(counter, "random octets", octets);
    measure(counter, "one letter", std::string(1'000'000, 'a'));
    measure(counter, "spaces", std::string(1'000'000, ' '));
    measure(counter, "spaces and a letter", std::string(1'000'000, ' ') + "x");
    measure(counter, "one ideograph", shuffled({"中"}, ""));
    measure(counter, "signs", shuffled({"=", "-", "(", "~"}, ""));
    std::printf("afterwards %.2f MB\n", counter.memoryBytes() / 1e6);
    for (int i = 1; i < argumentCount; ++i) {
        std::ifstream file(arguments[i], std::ios::binary);
        measure(counter, arguments[i], std::string(std::istreambuf_iterator<char>(file), {}));
    }
}
