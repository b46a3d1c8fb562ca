// Answers 200 with the body of any well-formed request: the listener and door of the relay with
// nothing behind them.
#include "engine/door.h"
#include "engine/listener.h"

#include <boost/asio/co_spawn.hpp>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>

using namespace waystation;

namespace {

int statusOf(ErrorKind kind)
{
    switch (kind) {
    case ErrorKind::TooLarge:
        return 413;
    case ErrorKind::ClientTimeout:
        return 408;
    case ErrorKind::Unsupported:
        return 415;
    default:
        return 400;
    }
}

net::awaitable<void> serve(Door door)
{
    while (const auto head = co_await door.nextHead()) {
        const auto body = co_await door.readBody(64 * 1024 * 1024);
        Headers headers;
        if (!body) {
            if (body.error().kind == ErrorKind::Cancelled)
                co_return;
            headers.add("Content-Type", "text/plain");
            co_await door.reply(statusOf(body.error().kind), headers, body.error().message);
            co_return;
        }
        headers.add("Content-Type", "application/octet-stream");
        if (!co_await door.reply(200, headers, *body))
            co_return;
    }
}

int usage()
{
    std::fputs("usage: waystation-echo [--port N] [--keep-descriptor-limit]\n", stderr);
    return 2;
}

}

int main(int argc, char** argv)
{
    EngineOptions options;
    options.port = 0;
    bool raisesLimit = true;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "--port" && i + 1 < argc)
            options.port = static_cast<std::uint16_t>(std::atoi(argv[++i]));
        else if (word == "--keep-descriptor-limit")
            raisesLimit = false;
        else
            return usage();
    }
    if (raisesLimit)
        raiseDescriptorLimit();

    net::io_context context(1);
    Deadlines deadlines(context);
    Listener listener;
    const auto opened = listener.open(context, options.addresses, options.port);
    if (!opened) {
        std::fprintf(stderr, "%s\n", opened.error().message.c_str());
        return 1;
    }
    listener.run([&](net::ip::tcp::socket socket) {
        Door door(std::move(socket), options, deadlines);
        net::co_spawn(context, serve(std::move(door)), [](std::exception_ptr failed) {
            if (failed)
                std::rethrow_exception(failed);
        });
    });
    std::printf("%u\n", static_cast<unsigned>(listener.port()));
    std::fflush(stdout);
    context.run();
    return 0;
}
